"""Names of months and weekdays, and words for days that a speaker counts from today, in ten languages.

English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian and Turkish; without accents.
"""

from __future__ import annotations

_MONTH_NAMES = (
    "enero gennaio janeiro januar januari january janvier ocak styczen stycznia январь января",
    "febbraio febrero februar februari february fevereiro fevrier lutego luty subat февраль февраля",
    "maart marca march marco mars mart marz marzec marzo март марта",
    "abril april aprile avril kwiecien kwietnia nisan апрель апреля",
    "maggio mai maio maj maja may mayis mayo mei маи мая",
    "czerwca czerwiec giugno haziran juin june junho juni junio июнь июня",
    "juillet julho juli julio july lipca lipiec luglio temmuz июль июля",
    "agosto agustos aout august augustus sierpien sierpnia август августа",
    "eylul september septembre septiembre setembro settembre wrzesien wrzesnia сентябрь сентября",
    "ekim october octobre octubre oktober ottobre outubro pazdziernik pazdziernika октябрь октября",
    "kasim listopad listopada november novembre novembro noviembre ноябрь ноября",
    "aralik december decembre dezember dezembro dicembre diciembre grudnia grudzien декабрь декабря",
)
"""By month, from January."""

_WEEKDAY_NAMES = (
    "lundi lunedi lunes maandag monday montag pazartesi poniedzialek segunda понедельник",
    "dienstag dinsdag mardi martedi martes sali terca tuesday wtorek вторник",
    "carsamba mercoledi mercredi miercoles mittwoch quarta sroda wednesday woensdag среда",
    "czwartek donderdag donnerstag giovedi jeudi jueves persembe quinta thursday четверг",
    "cuma freitag friday piatek sexta vendredi venerdi viernes vrijdag пятница",
    "cumartesi sabado sabato samedi samstag saturday sobota zaterdag суббота",
    "dimanche domenica domingo niedziela pazar sonntag sunday zondag воскресенье",
)
"""By weekday, from Monday."""

_MONTH_SHORT = "jan feb mar apr may jun jul aug sep oct nov dec"
_WEEKDAY_SHORT = "mon tue wed thu fri sat sun"
_MORE_SHORT = {"sept": 9, "mrz": 3, "okt": 10, "dez": 12, "ene": 1, "abr": 4, "dic": 12, "ago": 8}

MONTHS = {
    **{name: at + 1 for at, names in enumerate(_MONTH_NAMES) for name in names.split()},
    **{name: at + 1 for at, name in enumerate(_MONTH_SHORT.split())},
    **_MORE_SHORT,
}
"""Number of the month by its name."""
WEEKDAYS = {
    **{name: at for at, names in enumerate(_WEEKDAY_NAMES) for name in names.split()},
    **{name: at for at, name in enumerate(_WEEKDAY_SHORT.split())},
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
"""Number of the weekday by its name, from 0 for Monday."""

RELATIVE = frozenset(
    [
        "today",
        "tonight",
        "tomorrow",
        "tmrw",
        "yesterday",
        "now",
        "asap",
        "immediately",
        "weekend",
        "heute",
        "ubermorgen",
        "gestern",
        "jetzt",
        "wochenende",
        "aujourd",
        "demain",
        "hier",
        "maintenant",
        "hoy",
        "manana",
        "ayer",
        "ahora",
        "oggi",
        "domani",
        "dopodomani",
        "ieri",
        "adesso",
        "hoje",
        "amanha",
        "ontem",
        "agora",
        "vandaag",
        "morgen",
        "overmorgen",
        "gisteren",
        "dzis",
        "dzisiaj",
        "jutro",
        "pojutrze",
        "wczoraj",
        "teraz",
        "сегодня",
        "завтра",
        "послезавтра",
        "вчера",
        "сейчас",
        "bugun",
        "yarin",
        "simdi",
        "اليوم",
        "غدا",
        "امس",
        "היום",
        "מחר",
        "אתמול",
        "आज",
        "कल",
    ]
)
"""Words for days that are counted from the day of the dialogue, which it need not name."""
RELATIVE_SIGNS = (
    "今天",
    "明天",
    "后天",
    "後天",
    "昨天",
    "今日",
    "明日",
    "昨日",
    "오늘",
    "내일",
    "모레",
    "어제",
    "พรุ่งนี้",
    "วันนี้",
)
"""The same in scripts without spaces."""
SPANS = frozenset({"day", "days", "week", "weeks", "month", "months", "fortnight", "year", "years"})
"""English units that are counted from today, after words such as "next" and "in two"."""
