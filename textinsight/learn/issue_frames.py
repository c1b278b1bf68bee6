"""How customers state a reason, and what else they say beside it; {slots} take words of their list."""

from __future__ import annotations

_REASONS = """
my {thing} is {fault}
the {thing} arrived {fault}
the {thing} i bought is {fault}
the {thing} that i ordered has not arrived
my {thing} never came
my {thing} still hasn't come
where is my {thing}
i want to return the {thing}
i'd like my money back for the {thing}
i received the wrong {thing}
a part of the {thing} is missing
the {thing} stopped working
the {thing} does not turn on
the {thing} doesn't fit and i want to swap it
it says delivered but there is no {thing} here
there's a {thing} missing from the box
you sent me a {thing} instead of a {thing}
my {service} is {fault}
my {service} isn't working
the {service} keeps cutting out
the {service} doesn't work since {day}
i can't get into my {service}
i can't log in to my {service}
i want to {act} my {service}
i'd like to {act} the {service}
how do i {act} my {service}
how can i {act} a {service}
can you {act} my {service}
can i {act} my {service}
could you {act} the {service} please
please {act} my {service}
i need to {act} my {service}
i need help to {act} the {service}
i'm trying to {act} my {service} and it won't let me
i was not able to {act} the {service}
is it possible to {act} the {service}
what does it cost to {act} the {service}
what do i need to {act} my {service}
when can i {act} my {service}
where can i {act} my {service}
why was my {service} {fault}
why is the {service} {fault}
your {service} shows an error when i {act} it
the {service} was never activated
i haven't received my {money}
where is my {money}
my {money} is {fault}
my {money} is too high
the {money} was charged twice
i was charged twice for the {thing}
i was charged for a {service} that i don't have
i don't recognise a {money} on my account
the {money} is higher than last month
why did my {money} go up
why do i have to pay a {money}
i want a {money} for the {thing}
when will i get the {money}
the {money} has not shown up yet
only part of the {money} came back
you took the {money} from my account after i cancelled the {service}
i can't see the {money} on my statement
there is a {money} that i did not make
somebody used my {service} without me knowing
someone stole my {service}
i lost my {service}
the {money} was sent to the wrong account
the code for the {service} is not accepted
the {service} code doesn't work at checkout
i entered the wrong address for the {thing}
my name is spelled wrong on the {service}
i moved house and need to change the address on my {service}
the technician did not show up
nobody came for the appointment
the courier left my {thing} with somebody else
i missed my connection because the {service} was {fault}
my {service} was {fault} and i need another one
i want to know the status of my {service}
any news about my {money}
i'd like to make a claim for my {thing}
i want to complain about the {service}
the {service} points are not on my account
how long does the {money} take
i want to add my {kin} to the {service}
does the {service} include the {thing}
do you have the {thing} in stock
i'd like to buy a {thing}
is the {service} available where i live
which {service} do you recommend
i forgot the password for the {service}
the reset link for my {service} never arrives
upload of my documents for the {service} fails
the {service} app crashes when i open it
it's very slow in the evening
nothing loads
no signal at home
the screen stays black
it is {fault} and i can't use it
it came with a scratch
it was delivered to my old address
i never ordered this
i want to speak about my {money}
i have a question about the {money}
question about my {service}
problem with the {thing}
{service} {fault}
{thing} {fault}
missing {money}
{act} {service}
{money} for {thing}
"""
_ASIDES = """
i waited {long} on hold
i've been waiting {long} to talk to someone
it took {n} minutes until somebody answered
i was on hold for {n} minutes
i sat in the queue for {long}
i had to listen to that music for {n} minutes
your lines are always busy
nobody picks up the phone
nobody answers my emails
i wrote to you {n} times already
i emailed {n} days ago and got no reply
i called {day} about this
i called {day} and nothing has happened
i already contacted you about this {day}
this is the {n} time i call
this is my third message about this
i am contacting you again about the same thing
it's about the thing that i told you {day}
it's me again
i'm back again
same problem as before
still the same
it's still not solved
it happened again
i was told it would be fixed
{staff} said it was sorted
{staff} told me to call this number
{staff} promised to call me back and never did
{staff} could not help me
{staff} hung up on me
{staff} sent me from one place to another
{staff} told me something different
{staff} said somebody would get back to me
i get a different answer every time
i've been passed around for {long}
i was transferred {n} times
i have explained this {n} times now
i have to tell my story all over again
how often do i have to repeat myself
i already gave you all my details
i've tried everything on your website
i looked on the website and found nothing
i couldn't find an answer online
the help page didn't help
the chatbot was no help
your bot doesn't understand anything
i want to talk to a human
can i speak to a manager
i don't know who else to ask
i did not know where to write
i hope this is the right department
i hope you can help me
can you help me
could you help me with something
i need some help
i need help
i have a problem
i have a question
i have a quick question
just one quick question
i've got an issue
are you there
hello are you there
can you hear me
do you hear me okay
sorry i can't hear you well
hello good morning how are you
hi my name is {name}
hello this is {name}
this is {name} speaking
{name} here
good afternoon it's {name}
hi there
dear sir or madam
dear customer service
hello team
to whom it may concern
kind regards {name}
best wishes {name}
thanks in advance
thank you very much for your help
many thanks
i look forward to your reply
please reply soon
please get back to me as soon as possible
please answer by email
please call me back in the evening
you can reach me after {n}
i prefer an answer in writing
please don't call me at work
email is better for me
it is urgent
this is quite urgent
there's no hurry
no rush at all
take your time
whenever you have a moment
i don't have time for this
i don't have all day
i have to leave soon
i'm at work right now
i'm in a bit of a hurry
this is ridiculous
this is unacceptable
what a joke
this is a nightmare
i am very disappointed
i'm so angry
i'm fed up
i've had enough
how hard can it be
what kind of company is this
do you even care
nobody cares
worst service ever
great job as always
brilliant service really
well done
what a great start to the day
lovely way to treat people
you had one job
i'm losing my patience
i can't believe this
this is so frustrating
it's driving me crazy
i'm not happy
it is a little annoying
i'm a bit confused
it's not a big deal
don't worry
i've been a customer for {n} years
i have been with you since forever
we have always been happy with you
i always pay on time
i spend a lot of money with you
so far i was always satisfied
i'm a loyal customer
i will never buy from you again
i'll go to another company
i'll tell all my friends
i will leave a bad review
i'll take this further
my lawyer will hear about this
i want this fixed by {day}
i expect a reply by {day}
i give you until {day}
it should not take this long
i was told it takes {n} days
i have nothing to do with that
it's not my fault
i did everything right
i did what you asked
i followed the steps
i tried that already
i have already tried turning it off and on
i have the receipt
i've got photos of it
i took pictures
i can send you a photo
i kept the box
i have the email here in front of me
i have the confirmation
see the attached file
i attached a screenshot
the order number is {n} {n} {n}
my account number is {n} {n} {n} {n}
my reference is {n} {n} {n}
i was given a reference number
the case number is {n} {n}
my phone number is {n} {n} {n} {n}
my email is on file
my date of birth is the {n}
my postcode is {n}
it ends in {n} {n}
it was {n} dollars
about {n} dollars
it was on {day}
it's from {day}
i bought it {day}
i ordered it {day}
i noticed it {day}
it is for my {kin}
it was a gift for my {kin}
it's a present for my {kin}
my {kin} needs it for work
my {kin} told me to call
we're having guests {day}
i need it for a wedding
i work from home
i'm travelling {day}
i'm going on holiday {day}
we have small children
i'm not very good with computers
i'm new here
i have never had this before
it always worked before
it has been like this for {long}
that was {long} ago
since {day}
for {long}
i only want to know
just checking
just to let you know
that's all
that is all i wanted
that's what i wanted to ask
that's my question
what happens now
what should i do now
what do i do next
what can you do for me
what are you going to do about it
can you do something about it
can you fix it
can you sort this out
please fix this
please sort it out
please help
please do something
can somebody explain
can someone tell me what is going on
tell me what to do
who can i talk to
why is nobody helping me
is that possible
is that okay
would that work
how long will it take
how long does that take
do i need to do anything
let me know
yes please
no thank you
sure no problem
okay
ok thanks
right
yes that's correct
yes that's right
no that's everything
nothing else
let me check
one second please
hold on
i'm here
i don't have it with me
i think so
i'm not sure
i don't know
i can't remember
the blue one
the big one
i live in the city
it's a bit of a long story
let me explain
let me start from the beginning
where do i start
so here is the thing
anyway
as i said
like i said before
you know
to be honest
i have sent you a dm
i've just sent you a message
check your messages
follow me back
"""
REASONS = tuple(_REASONS.strip().splitlines())
ASIDES = tuple(_ASIDES.strip().splitlines())
