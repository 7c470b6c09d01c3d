"""What a lane's display says of the tickets and receipts that drivers show."""

from collections.abc import Mapping

from lot_server.ports import NoticeCode

_ENGLISH: dict[NoticeCode, str] = {
    "show_ticket": "Have you got a ticket? Hold its code up to the camera.",
    "unknown_ticket": "This ticket is not known here.",
    "ticket_of_another_lot": "This ticket is from another car park.",
    "ticket_used": "This ticket has been used already.",
    "ticket_of_another_stay": "This ticket is another vehicle's.",
    "ticket_contradicted": "This ticket is another vehicle's.",
    "no_receipt_key": "Receipts cannot be checked here.",
    "bad_receipt": "This receipt cannot be read. Show it again.",
    "forged_receipt": "This receipt is not valid.",
    "receipt_before_stay": "One moment: your vehicle is being looked for.",
    "receipt_of_another_lot": "This receipt is for another car park.",
    "receipt_of_another_stay": "This receipt is for another vehicle.",
    "receipt_out_of_time": "This receipt is not for this stay.",
    "receipt_conflict": "This receipt does not fit what was paid before.",
    "receipt_counted": "Your payment counts.",
    "receipt_known": "This receipt was counted before.",
    "receipt_short": "Your payment counts. The rest is due since.",
}
_CHINESE: dict[NoticeCode, str] = {
    "show_ticket": "有停车券吗？请将二维码对准摄像头。",
    "unknown_ticket": "本停车场没有这张停车券。",
    "ticket_of_another_lot": "这是其他停车场的停车券。",
    "ticket_used": "这张停车券已经使用过。",
    "ticket_of_another_stay": "这是其他车辆的停车券。",
    "ticket_contradicted": "这是其他车辆的停车券。",
    "no_receipt_key": "此处无法核验缴费凭证。",
    "bad_receipt": "缴费凭证无法读取，请再次出示。",
    "forged_receipt": "缴费凭证无效。",
    "receipt_before_stay": "请稍候，正在查找您的车辆。",
    "receipt_of_another_lot": "这是其他停车场的缴费凭证。",
    "receipt_of_another_stay": "这是其他车辆的缴费凭证。",
    "receipt_out_of_time": "缴费凭证不属于本次停车。",
    "receipt_conflict": "缴费凭证与已有缴费记录不符。",
    "receipt_counted": "已确认您的缴费。",
    "receipt_known": "这张缴费凭证已经使用过。",
    "receipt_short": "已确认您的缴费，请补缴之后产生的费用。",
}
_GERMAN: dict[NoticeCode, str] = {
    "show_ticket": "Haben Sie ein Ticket? Halten Sie den Code vor die Kamera.",
    "unknown_ticket": "Dieses Ticket ist hier nicht bekannt.",
    "ticket_of_another_lot": "Dieses Ticket ist von einem anderen Parkplatz.",
    "ticket_used": "Dieses Ticket wurde schon benutzt.",
    "ticket_of_another_stay": "Dieses Ticket gehört zu einem anderen Fahrzeug.",
    "ticket_contradicted": "Dieses Ticket gehört zu einem anderen Fahrzeug.",
    "no_receipt_key": "Quittungen können hier nicht geprüft werden.",
    "bad_receipt": "Diese Quittung ist nicht lesbar. Bitte noch einmal zeigen.",
    "forged_receipt": "Diese Quittung ist nicht gültig.",
    "receipt_before_stay": "Einen Moment: Ihr Fahrzeug wird gesucht.",
    "receipt_of_another_lot": "Diese Quittung ist für einen anderen Parkplatz.",
    "receipt_of_another_stay": "Diese Quittung ist für ein anderes Fahrzeug.",
    "receipt_out_of_time": "Diese Quittung ist nicht für diesen Aufenthalt.",
    "receipt_conflict": "Diese Quittung passt nicht zu früheren Zahlungen.",
    "receipt_counted": "Ihre Zahlung zählt.",
    "receipt_known": "Diese Quittung wurde schon gezählt.",
    "receipt_short": "Ihre Zahlung zählt. Der Rest ist seitdem fällig.",
}
NOTICES: Mapping[str, Mapping[NoticeCode, str]] = {"en": _ENGLISH, "zh": _CHINESE, "de": _GERMAN}
