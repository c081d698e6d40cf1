"""A grammar of English reviews: every tree, tag and label of the bundled corpus follows from these rules.

A rule rewrites a symbol as one head, marked ``*``, and its dependents, ``relation:Symbol``, in the order of the
words. The relations are those of Universal Dependencies v2, attached as in UD English EWT. Each rule has a weight; a
line without a symbol is another choice for the symbol above it. Capitalised symbols are phrases, the others word
classes (probing.data.lexicon). A sentence, and each phrase in it, has a polarity: positive or negative. A symbol can
have marks:

    ±  the polarity of the phrase above    ∓  the opposite polarity    ?  a polarity that does not count for the label
    #  the form of the phrase above        ~  a number of its own      .sg .pl .VB .VBG .VBN  this form

Negation is a rule that passes ∓ down; reports of what others say may pass ``?``. ``Symbol.sg`` adds choices for the
singular only. ``<a|b>`` repeats a rule for each of its names, and ``<>`` then stands for the name; in a symbol it does
so for all its choices. The text behind ``!`` is an example; the tests derive it.
"""

RULES = """
Text±          1  *Review± punct:stop                              ! the play was dull .

Review±       18  *Claim±
               3  *Claim∓ conj:But±                                ! it was dull , but it amused us
               2  *Claim± conj:And±                                ! it was dull , and it had no charm
               2  *Claim± advcl:Though∓                            ! it was dull although it amused us
               2  advcl:ThoughFirst∓ *Claim±                       ! although it amused us , it was dull
               2  *Rumour? conj:But±                               ! Tom liked it , but it bored us
               1  *Report± conj:AndTrue                            ! Tom said it was dull , and that was true
               1  *Report∓ conj:ButFalse                           ! Tom said it was dull , but that was wrong
               2  *Hope∓ conj:But±                                 ! I wanted to enjoy it , but it bored me
              16  *Fact conj:And±                                  ! Tom watched the play , and it bored us
              10  *Claim± advcl:When                               ! it bored us when the guard walked back
              12  advcl:WhenFirst *Claim±                          ! before the guard rested , it amused us
               1  *Claim± advcl:Because±                           ! it was dull because it had no charm
               1  discourse:Well *Claim±                           ! well , it was dull
But±           1  punct:comma cc:but *Claim±                       ! , but it amused us
And±           1  punct:comma cc:and *Claim±                       ! , and it amused us
AndTrue        1  punct:comma cc:and nsubj:this.sg cop:be.sg *true
ButFalse       1  punct:comma cc:but nsubj:this.sg cop:be.sg *false
               1  punct:comma cc:but nsubj:this.sg cop:be.sg advmod:not *true     ! , but that was not true
Though±        1  mark:although *Claim±                            ! although the play was dull
ThoughFirst±   1  mark:although *Claim± punct:comma
Because±       1  mark:because *Claim±                             ! because the play was dull
When           1  advmod:when *Fact                                ! when the guard walked back
               2  mark:before *Fact                                ! before the guard walked back
WhenFirst      1  *When punct:comma
Well           1  *well punct:comma

Claim±        30  nsubj:Thing# *Verdict±#                          ! the play was dull
              14  nsubj:we *Opinion±.pl                              ! we enjoyed the play
               1  nsubj:nobody *enjoy∓.sg obj:Object~              ! nobody enjoyed the play
               1  nsubj:pass:Thing# aux:pass:be# *enjoy±.VBN obl:agent:ByAll      ! it was loved by everyone
               1  nsubj:everyone cop:be.sg *bored± obl:By          ! everyone was bored by the play
               1  nsubj:nobody cop:be.sg *bored∓ obl:By            ! nobody was bored by the play
               1  expl:it.sg cop:be.sg *easy csubj:ToEnjoy±        ! it was easy to like the play
               1  expl:it.sg cop:be.sg *hard csubj:ToEnjoy∓        ! it was hard to like the play
               1  expl:there *exist.sg nsubj:Something±            ! there was something dull about the play
               1  expl:there *exist.sg nsubj:Nothing∓              ! there was nothing dull about the play
               2  nsubj:we *think.pl ccomp:That±                    ! I think that the play is dull
               1  nsubj:we aux:do.pl advmod:not *think.VB ccomp:That∓   ! I did not think that it was dull
               1  nsubj:we *doubt.pl ccomp:That∓                    ! I doubted that the play was dull
Verdict±#     30  cop:be# *Good±                                   ! was very dull
               3  cop:be# advmod:not *Good∓                        ! was not dull
               1  cop:be# advmod:never *Good∓                      ! was never dull
               2  cop:be# *good± conj:AndGood±                     ! was dull and tedious
               1  cop:be# *better± obl:Than                        ! was better than the book
               5  *seem# xcomp:Good±                               ! seemed dull
               1  aux:do# advmod:not *seem.VB xcomp:Good∓          ! did n't seem dull
              14  *amuse±# obj:Us                                  ! bored me
               3  aux:be# *amuse±.VBG obj:Us                       ! was boring us
               8  *triumph±#                                       ! flopped
               1  aux:do# advmod:not *triumph∓.VB                  ! did not flop
               2  aux:do# advmod:not *amuse∓.VB obj:Us             ! did not bore me
               1  advmod:never *amuse∓# obj:Us                     ! never bored the crowd
               1  aux:can# advmod:never *amuse∓.VB obj:Us          ! could never bore me
               1  *fail# xcomp:ToAmuse∓                            ! failed to amuse us
               1  *manage# xcomp:ToAmuse±                          ! managed to bore us
               1  advmod:never *fail# xcomp:ToAmuse±               ! never failed to amuse us
               5  *have# obj:charm±                                ! had charm
               1  *have# obj:NoCharm∓                              ! had no charm
               1  *lack# obj:charm∓                                ! lacked charm
               1  cop:be# *full obl:OfCharm±                       ! was full of charm
               1  cop:be# case:without *charm∓                     ! was without charm
Verdict±.sg    9  cop:be.sg det:a *hit±.sg                         ! was a treat
               2  cop:be.sg advmod:not det:a *hit∓.sg              ! was not a treat
               1  cop:be.sg det:a amod:good± *show.sg              ! was a dull play
Verdict±.pl    9  cop:be.pl *hit±.pl                               ! were treats
               2  cop:be.pl advmod:not *hit∓.pl                    ! were not treats
Opinion±#     16  *enjoy±# obj:Object~                             ! enjoyed the play
               2  advmod:still *enjoy±# obj:Object~                ! still enjoyed the play
               3  aux:do# advmod:not *enjoy∓.VB obj:Object~        ! did not enjoy the play
               1  advmod:never *enjoy∓# obj:Object~                ! never enjoyed the play
               3  *find# obj:Object~ xcomp:Good±                   ! found the play dull
               1  aux:do# advmod:not *find.VB obj:Object~ xcomp:Good∓   ! did not find the play dull

Rumour±        2  nsubj:Who# *enjoy±# obj:Object~                  ! the guard hated the play
               1  *Report±
Report±        1  nsubj:Who# *say# ccomp:That±                     ! Tom said that the play was dull
Hope±          1  nsubj:we *want.pl xcomp:ToEnjoy±                  ! I wanted to enjoy the play
               1  nsubj:we *expect.pl obj:Object~ xcomp:ToBe±       ! we expected the play to be dull
That±          3  mark:that *Claim±                                ! that the play was dull
               1  *Claim±
ToEnjoy±       1  mark:to *enjoy±.VB obj:Object~                   ! to enjoy the play
ToAmuse±       1  mark:to *amuse±.VB obj:Us                        ! to bore us
ToBe±          1  mark:to cop:bare-be *Good±                       ! to be dull
Good±          3  *good±
               1  advmod:very *good±                               ! very dull
AndGood±       1  cc:and *good±                                    ! and dull
NoCharm±       1  det:no *charm±                                   ! no charm
OfCharm±       1  case:of *charm±                                  ! of charm
Something±     1  *something amod:good± nmod:About                 ! something dull about the play
Nothing±       1  *nothing amod:good± nmod:About                   ! nothing dull about the play
About          1  case:about *Object~                              ! about the play
Than           1  case:than *Object~                               ! than the book
By             1  case:by *Object~                                 ! by the play
ByAll          2  case:by *everyone                                ! by everyone
               1  case:by det:the.sg *crowd.sg                     ! by the crowd
Us             2  *us                                              ! me
               1  det:the.sg *crowd.sg                             ! the crowd

Fact           6  nsubj:Who# *Does#                                ! the guard walked back
               1  nsubj:Who# *say# ccomp:ThatFact                  ! Tom said that the guard walked back
               1  nsubj:Np-<show|item|place># cop:be# *state       ! the bar was open
               1  nsubj:pass:Np-<show|item|place># aux:pass:be# *do-<>.VBN        ! the bar was cleaned
               1  expl:there *exist# nsubj:An-item# obl:Where      ! there was a light in the park
ThatFact       2  mark:that *Fact                                  ! that Tom left the park
               1  *Fact
Does#          6  *Act#
               2  advmod:still *Act#                               ! still watched the play
               1  aux:be# *Act.VBG                                 ! was resting
               1  aux:has# *Act.VBN                                ! had rested
               5  aux:can# *Act.VB                                 ! could rest
               2  aux:do# advmod:not *Act.VB                       ! did not rest
               2  *Act# conj:AndAct#                               ! walked back and watched the play
Act#           3  *do-<show|item|place># obj:Some-<>~              ! watched the play
               2  *do-item# obj:Some-item~ advmod:fast             ! cleaned the coat well
               2  *do-show# obj:Some-show~ obl:Where               ! watched a play in the park
               3  *do-person# obj:Whom~                            ! helped her
               3  *rest#                                           ! rested
               4  *rest# advmod:fast                               ! rested well
               3  *rest# obl:After                                 ! rested after the show
               6  *walk# advmod:back                               ! walked back
               4  *walk# obl:Into                                  ! walked to the park
               1  *give# iobj:Whom~ obj:Some-item~                 ! gave her a watch
               4  *plan# xcomp:ToAct                               ! planned to watch the play
AndAct#        1  cc:and *Act#                                     ! and watched the play
ToAct          1  mark:to *Act.VB                                  ! to watch the play

Thing#         3  *it#                                             ! it
               4  *this#                                           ! that
               7  *Np-<show|item|place>#                           ! the light
Object#        1  *them#                                           ! them
               1  *this#                                           ! that
               5  *Np-<show|item|place>#                           ! the light
Who#           4  *Np-person#                                      ! the guard
               1  *he#                                             ! she
Whom#          4  *Np-person#                                      ! the guard
               1  *him#                                            ! her
Np-<show|item|place>#  12  det:the# *<>#                           ! the bar
               3  nmod:poss:my *<>#                                ! her film
               1  nmod:poss:Owner *<>#                             ! the guard 's watch
               6  det:the# amod:plain *<>#                         ! the light coat
               1  det:the# compound:place.sg *<>#                  ! the park play
               1  det:the# *<># nmod:Where                         ! the lamp in the park
               1  det:the# *<># nmod:Like                          ! the play like that
               2  det:the# *<># acl:relcl:That-<>                  ! the play that the guide watched
               1  det:the# *<># acl:relcl:ThatAmused#              ! the play that bored the guard
Np-<show|item|place|person>.pl   1  nummod:two *<>.pl              ! two plays
Np-person#    10  *Person#
               2  det:the# amod:human *person#                     ! the young guard
               1  det:the# compound:place.sg *person#              ! the park guard
               1  det:the# *person# nmod:Where                     ! the man in the park
               1  det:the# *person# acl:relcl:WhoActed#            ! the man who watched the play
Person#        6  det:the# *person#                                ! the guard
               1  det:every# *person#                              ! every guard
               2  nmod:poss:my *person#                            ! her guest
Person.sg      2  *name                                            ! Tom
Person.pl      1  *name conj:AndGuest                              ! Tom and her guest
AndGuest       1  cc:and nmod:poss:my *person.sg                   ! and her guest
Owner          1  *name case:'s                                    ! Tom 's
               1  det:the.sg *person.sg case:'s                    ! the guard 's
Some-<show|item|place>#   3  *Np-<>#
               2  *An-<>#                                          ! a watch
               1  det:every# *<>#                                  ! every watch
An-<show|item|place>#   2  det:an# *<>#
               1  det:an# amod:plain *<>#                          ! a light coat
Where          1  case:in *Np-place~                               ! in the park
Into           1  case:into *Np-place~                             ! to the park
After          2  case:after *Np-show~                             ! after the show
               1  case:since *monday                               ! until Monday
Like           1  case:like *this~                                 ! like that
That-<show|item|place>   2  obj:which nsubj:Person# *do-<>#         ! that the guide closed
               1  nsubj:Person# *do-<>#                             ! the guide closed
               2  obj:which nsubj:Person# *enjoy?#                  ! that the guide hated
ThatAmused#    1  nsubj:which *amuse?# obj:Person~                 ! that bored the guard
WhoActed#      1  nsubj:who *Does#                                 ! who watched the play
"""
