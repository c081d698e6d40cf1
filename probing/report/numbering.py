"""How pages count layers and heads, and how others count them: said wherever a page names one."""

LAYERS = "Layer 0 is the embedding output, layer ℓ the output of block ℓ (counted from 1)."
HEADS = (
    "Heads are written layer.head: 2.8 is head 8 in block 2. Layers of attention count from 1, as above, and heads "
    "from 0. BertViz (Vig 2019) counts both from 0 (this head is its layer 1, head 8); Clark et al. (2019) count both "
    "from 1 (they write it 2-9)."
)
