"""The words that fill the {slots} of issue_frames."""

from __future__ import annotations

_WORDS = {
    "thing": """
        phone|laptop|camera|sofa|washing machine|kettle|headphones|dress|shoes|boots|bicycle|tent|printer|fridge|
        mattress|charger|coffee machine|console|tablet|book|jacket|desk|lamp|vacuum cleaner|watch|suitcase|speaker|
        monitor|keyboard|toy|necklace|rug|curtains|blender|microwave|package|delivery|shipment|order|parcel|item
    """,
    "service": """
        account|internet|broadband|wifi|phone line|television|streaming|app|website|subscription|membership|contract|
        mobile data|voicemail|email|electricity|gas|insurance policy|mortgage|savings account|loan|credit card|
        debit card|loyalty card|gift card|voucher|coupon|ticket|booking|reservation|flight|hotel room|rental car|
        train ticket|seat|luggage|baggage|prescription|appointment|claim|warranty|meter|boiler|router|modem|sim card
    """,
    "money": """
        refund|bill|invoice|payment|direct debit|transfer|deposit|withdrawal|statement|fee|charge|discount|balance|
        price|cashback|compensation|reimbursement|premium|instalment
    """,
    "fault": """
        broken|cracked|scratched|damaged|torn|the wrong size|the wrong colour|defective|incomplete|dirty|expired|
        not what i ordered|too small|empty|used already|dead on arrival|faulty|blocked|locked|suspended|frozen|
        unavailable|very slow|down|gone|rejected|declined|cancelled|delayed|pending|overdue|wrong|missing
    """,
    "act": """
        cancel|change|upgrade|return|exchange|renew|activate|deactivate|transfer|track|replace|repair|book|rebook|
        close|open|update|pay|stop|pause|move|register|extend|dispute|reset|set up|find|order|check
    """,
    "n": "two|three|four|five|ten|twelve|fifteen|twenty|thirty|forty five|2|3|5|10|20|45",
    "unit": "minutes|hours|days|weeks|months",
    "long": "{n} {unit}|an hour|over a week|ages|the whole day|half an hour|more than {n} {unit}|almost a month",
    "day": "yesterday|today|last week|on monday|on friday|this morning|{n} days ago|last month|the other day",
    "staff": """
        your colleague|the agent|the last person|the lady on the phone|somebody from your team|a man in the shop|
        your chat|the person before|one of your people|the supervisor|customer service|your support
    """,
    "name": "john|maria smith|david lee|anna|peter jones|fatima khan|chris|susan miller|tom|priya patel",
    "kin": "mother|wife|husband|son|daughter|father|sister|neighbour|boss|flatmate|partner",
}
SLOTS = {name: [part.strip() for part in words.split("|")] for name, words in _WORDS.items()}
