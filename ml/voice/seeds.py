"""Sentences that every engine knows without being taught: twelve per sentiment, some per intent.

Written once, before anything was scored, by someone who knows service mail; the user's own
examples join them (`teaching`). They are what a classifier without labels is fitted on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGLISH_SENTIMENT: Final[Mapping[str, tuple[str, ...]]] = {
    "positive": (
        "Thank you so much for your help, it works perfectly now.",
        "Great service, we are very happy with the product.",
        "Your team was friendly, quick and solved my problem the same day.",
        "I love it, best experience I have had in years.",
        "Awesome, you guys rock, thanks for the fast response!",
        "The new version is excellent and saves us a lot of time.",
        "Excellent support, very professional and helpful staff.",
        "Very impressed, we will definitely recommend you to others.",
        "Everything arrived early and in perfect condition.",
        "Amazing crew, made my day, thank you!",
        "Smooth and easy from start to finish, well done.",
        "We really appreciate how reliable it has been.",
    ),
    "neutral": (
        "What time does the office open tomorrow?",
        "Could you tell me how to change the settings?",
        "Please send me the documents by Friday.",
        "I have a question about my booking.",
        "Do you offer this in other countries?",
        "Can you please follow me so I can send a direct message?",
        "The meeting takes place on Thursday at ten.",
        "Attached are the minutes of our call.",
        "Is there a way to add another person to the account?",
        "How much is it for two people next month?",
        "Our contact is now someone else.",
        "We are looking at the options for next year.",
    ),
    "negative": (
        "I have been waiting for hours and nobody answers the phone.",
        "Worst service ever, I will never use you again.",
        "You lost my order and nobody can tell me where it is.",
        "It keeps failing and your support has not fixed it.",
        "I was charged twice and still have no refund.",
        "The staff were rude and did not help at all.",
        "Our delivery was cancelled without notice and we were left stranded.",
        "Still on hold after an hour, this is ridiculous.",
        "Your website is down again and I can't log in.",
        "Very disappointed, this is unacceptable.",
        "Delayed again, what a terrible experience.",
        "No response to my emails for two weeks.",
    ),
}

ENGLISH_INTENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "request": (
        "Please activate the account for my colleague.",
        "Kindly send me the invoice again.",
        "Can you change my address, please?",
        "I need you to reset my password.",
        "It would be great if you added an export to the report.",
        "Please call me back today.",
        "We would like to schedule a training.",
        "I want to cancel my subscription, please confirm.",
        "Please add another administrator to our workspace.",
        "Could you please arrange a demo next week?",
        "Help me change my booking to Monday.",
        "I wish you would support dark mode.",
    ),
    "query": (
        "How do I change the settings?",
        "What is the difference between the two editions?",
        "Where can I find my invoices?",
        "Does it work on a phone?",
        "How many users can sign in at the same time?",
        "When will the next version be released?",
        "Is it possible to export the data?",
        "Which countries do you deliver to?",
        "Why do I see this message?",
        "Can I use my card abroad?",
        "I would like to know how long delivery takes.",
        "Could you tell me what the limits are?",
    ),
    "complaint": (
        "It has stopped working again and nobody answers.",
        "This is unacceptable, I am very disappointed.",
        "I was charged twice for the same order.",
        "The product arrived broken and too late.",
        "Your support is slow and does not help.",
        "I have waited three weeks without a solution.",
        "Worst experience I have had with any company.",
        "The app keeps crashing since the update.",
        "The staff were rude to me.",
        "I want to make a complaint about your service.",
        "We are losing time and money because of this fault.",
        "My bags were lost and no one cares.",
    ),
    "purchase": (
        "We want to buy forty more seats.",
        "Please send us a quote for the premium edition.",
        "How much does a licence cost for a year?",
        "We would like to order two hundred units.",
        "Our budget is approved and we are ready to sign the contract.",
        "I want to upgrade to the larger plan.",
        "Do you give a discount if we purchase ten?",
        "Please send the purchase order form.",
        "We intend to renew and extend our subscription.",
        "I would like to open an account and pay by card.",
        "Can I book a ticket for next week?",
        "We are interested in buying your product.",
    ),
    "": (
        "For your information, the review takes place on Thursday.",
        "Attached are the minutes of our meeting.",
        "Thank you, everything works perfectly.",
        "Great work, we are very happy.",
        "Our contact is now Mr Sato.",
        "See you at the conference on Monday.",
        "I am out of the office until the fifth.",
        "We received the parcel this morning.",
        "The team enjoyed the event very much.",
        "This is to confirm our appointment.",
        "Excellent support, fast and friendly.",
        "We have moved to a new building.",
    ),
}
"""By intent (VOC-6); under the empty name those that have none."""
