"""What agents and customers say in `twins`: sets that share no sentence, so that none can be learnt by heart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """How one contact centre talks. {ref} stands for a reference number, {ago} for a time."""

    greeting: tuple[str, ...]
    holding: tuple[str, ...]
    answer: tuple[str, ...]
    solved: tuple[str, ...]
    unsolved: tuple[str, ...]
    content: tuple[str, ...]
    cross: tuple[str, ...]
    again: tuple[str, ...]
    reference: tuple[str, ...]
    named: tuple[str, ...]
    number: str


WORDINGS = {
    "branch": Wording(
        greeting=(
            "Good morning, you're through to Dana, how may I be of service?",
            "Customer care, this is Leo speaking. What's going on today?",
            "Welcome, you have reached the service desk.",
        ),
        holding=(
            "Could you confirm your date of birth for me?",
            "Bear with me, the system is a little slow this morning.",
            "And which of your accounts is this about?",
        ),
        answer=("Yep, I'll hold.", "It's the main one.", "The twelfth of March.", "Mm-hm."),
        solved=(
            "Okay, I just finished that for you, it's active as of now.",
            "There we go, it's updated and you'll see it right away.",
            "I went ahead and took care of it while we talked.",
        ),
        unsolved=(
            "I can't do that from my side, a specialist will have to get back to you.",
            "It looks normal to me, so I'd suggest waiting until the weekend.",
            "I'm opening a request with the other team, they're usually quick.",
        ),
        content=("Oh wonderful, I appreciate it.", "Awesome, that's everything I needed.", "You've been a great help."),
        cross=("So nothing gets fixed today? Fine.", "Well, that is disappointing.", "I guess I'll wait then."),
        again=(
            "I already called {ago} about this.",
            "This is the second time I'm calling.",
            "I'm still waiting on this.",
        ),
        reference=("For your records, the case number is {ref}.", "I've logged it as {ref}."),
        named=("The case number they gave me was {ref}.", "It's about {ref}."),
        number="INC{:07}",
    ),
    "desk": Wording(
        greeting=("Hey there! Ask away.", "Hi, Priya here from support 🙂", "You're chatting with an agent now."),
        holding=(
            "Can I have the e-mail on file?",
            "One sec, checking with billing.",
            "Thanks for your patience, still looking.",
            "Is this the first time that you notice it?",
        ),
        answer=("k", "sure, same as always", "yes please", "take your time"),
        solved=(
            "All set!",
            "Fixed — refresh the page and it should show.",
            "That's through, nothing else to do for you.",
        ),
        unsolved=(
            "Hmm, I don't have access to that, sorry. Maybe try tomorrow?",
            "Our engineers know about it, no ETA so far.",
            "You would need to go to a branch for that.",
        ),
        content=("perfect ty!!", "great thanks", "yay that worked, thank you"),
        cross=("ok whatever", "not what I hoped for tbh", "ugh. ok."),
        again=("asked about this {ago} and got no reply", "me again,", "same thing as last time:"),
        reference=("Your ticket is {ref} btw.", "(ticket {ref})"),
        named=("ticket {ref}", "see ticket {ref}"),
        number="{:06}",
    ),
    "post": Wording(
        greeting=("Dear customer, we have received your message.", "Good day, thank you for writing to us."),
        holding=(
            "We kindly ask you to verify the last four digits of your contract.",
            "Your enquiry is being processed by our department.",
        ),
        answer=("As requested, please find it in my previous mail.", "I confirm.", "Of course."),
        solved=(
            "We are pleased to inform you that your request has been carried out.",
            "The matter was settled this afternoon and is now complete.",
        ),
        unsolved=(
            "Regrettably we are unable to proceed without further review by the responsible unit.",
            "At present no irregularity could be identified; kindly monitor the situation.",
        ),
        content=("Many thanks for the prompt handling.", "That was very kind, all is in order now."),
        cross=("I must say that I expected more.", "This does not solve my problem."),
        again=(
            "I wrote to you {ago} without result.",
            "Following up on my earlier enquiry:",
            "My request is unanswered.",
        ),
        reference=("Please quote reference number {ref} in future.", "Reference: {ref}."),
        named=("My reference number: {ref}.", "Regarding {ref}:"),
        number="KX-{:08}",
    ),
    "line": Wording(
        greeting=(
            "Hi, this is Marcus on a recorded line, what brings you in?",
            "Evening! Robin with member services.",
            "Sorry for the hold. Tell me what I can look into for you.",
        ),
        holding=(
            "Let me pull that up, it'll be just a second.",
            "I'm going to read you a short notice before we go on.",
            "Do you happen to have the zip code of the billing address?",
            "Okay, and are you near a computer?",
        ),
        answer=("uh-huh", "yeah go ahead", "it's nine four one one oh", "I can be, one moment", "no, the old one"),
        solved=(
            "Alrighty, I see it went through on my end.",
            "You're good to go, I pushed that change just now.",
            "Done and done. You'll get a confirmation in a minute.",
        ),
        unsolved=(
            "So unfortunately that's something only the back office can release, and they're gone for the day.",
            "I honestly can't tell you why it does that.",
            "I'll have to put in a request and somebody will reach out.",
        ),
        content=("oh that was easy, thanks a bunch", "okay beautiful", "great, that's all I had"),
        cross=("so I'm back where I started", "okay, well, that's not really helpful", "right. bye then."),
        again=(
            "so I talked to one of you guys {ago},",
            "hi it's me again about the same thing,",
            "nobody ever got back to me on this,",
        ),
        reference=("You can mention {ref} if you call in again.", "I'm noting that under {ref}."),
        named=("he said to mention {ref}", "it should be under {ref}"),
        number="M{:06}",
    ),
}
AGO = ("yesterday", "two days ago", "last week", "a few days back", "on Monday", "earlier this week")
FILLERS = ("um", "uh", "you know", "like", "well", "so yeah", "i mean")
