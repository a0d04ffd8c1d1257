"""Short captions in other languages: patterns and the basic colours, in the form that the pattern needs."""

from dataclasses import dataclass

import numpy as np

from scripts.data.palette import BASIC_COLOURS


@dataclass(frozen=True)
class Language:
    on: str  # "{name}" on a background of colour "{c}"
    both: str  # two things together
    colours: tuple[str, ...]  # as BASIC_COLOURS, as they stand in `on`
    wearing: str | None = None  # {a} wears {b}

    def colour(self, name: str) -> str | None:
        return self.colours[BASIC_COLOURS.index(name)] if name in BASIC_COLOURS else None


@dataclass(frozen=True)
class Adjectives:
    """Colours of a language as they stand at a noun: all forms of each of BASIC_COLOURS, and the words for "a".

    Genders are not known, so captions use all forms alike: they need to be understood, not to be spoken.
    """

    pattern: str  # "{name}" of colour "{c}"
    forms: tuple[str, ...]
    articles: tuple[str, ...] = ()

    def phrase(self, name: str, colour: str, rng: np.random.Generator) -> str:
        forms = self.forms[BASIC_COLOURS.index(colour)].split("/")
        text = self.pattern.format(name=name, c=forms[rng.integers(len(forms))])
        articles = (*self.articles, "") if rng.random() < 0.5 else ("",)
        return articles[rng.integers(len(articles))] + text


def _words(text: str) -> tuple[str, ...]:
    words = tuple(text.split(","))
    assert len(words) == len(BASIC_COLOURS), text
    return words


LANGUAGES: dict[str, Language] = {
    "de": Language("{name} auf {c} Hintergrund", "{a} und {b}", _words(
        "rotem,orangem,gelbem,grünem,türkisem,blauem,violettem,rosa,braunem,weißem,grauem,schwarzem"), wearing="{a} mit {b}"),
    "fr": Language("{name} sur fond {c}", "{a} et {b}", _words(
        "rouge,orange,jaune,vert,turquoise,bleu,violet,rose,marron,blanc,gris,noir"), wearing="{a} avec {b}"),
    "es": Language("{name} sobre fondo {c}", "{a} y {b}", _words(
        "rojo,naranja,amarillo,verde,turquesa,azul,morado,rosa,marrón,blanco,gris,negro"), wearing="{a} con {b}"),
    "it": Language("{name} su sfondo {c}", "{a} e {b}", _words(
        "rosso,arancione,giallo,verde,turchese,blu,viola,rosa,marrone,bianco,grigio,nero"), wearing="{a} con {b}"),
    "pt": Language("{name} em fundo {c}", "{a} e {b}", _words(
        "vermelho,laranja,amarelo,verde,turquesa,azul,roxo,rosa,marrom,branco,cinza,preto"), wearing="{a} com {b}"),
    "nl": Language("{name} op een {c} achtergrond", "{a} en {b}", _words(
        "rode,oranje,gele,groene,turquoise,blauwe,paarse,roze,bruine,witte,grijze,zwarte"), wearing="{a} met {b}"),
    "pl": Language("{name} na {c} tle", "{a} i {b}", _words(
        "czerwonym,pomarańczowym,żółtym,zielonym,turkusowym,niebieskim,fioletowym,różowym,brązowym,białym,szarym,czarnym")),
    "ru": Language("{name} на {c} фоне", "{a} и {b}", _words(
        "красном,оранжевом,жёлтом,зелёном,бирюзовом,синем,фиолетовом,розовом,коричневом,белом,сером,чёрном")),
    "sv": Language("{name} på {c} bakgrund", "{a} och {b}", _words(
        "röd,orange,gul,grön,turkos,blå,lila,rosa,brun,vit,grå,svart"), wearing="{a} med {b}"),
    "da": Language("{name} på {c} baggrund", "{a} og {b}", _words(
        "rød,orange,gul,grøn,turkis,blå,lilla,lyserød,brun,hvid,grå,sort"), wearing="{a} med {b}"),
    "ja": Language("{c}背景の{name}", "{a}と{b}", _words(
        "赤い,オレンジ色の,黄色い,緑の,青緑の,青い,紫の,ピンクの,茶色の,白い,灰色の,黒い"), wearing="{b}をかぶった{a}"),
    "ko": Language("{c} 배경의 {name}", "{a}, {b}", _words(
        "빨간색,주황색,노란색,초록색,청록색,파란색,보라색,분홍색,갈색,흰색,회색,검은색"), wearing="{b}를 쓴 {a}"),
    "zh": Language("{c}背景上的{name}", "{a}和{b}", _words(
        "红色,橙色,黄色,绿色,青色,蓝色,紫色,粉色,棕色,白色,灰色,黑色"), wearing="戴{b}的{a}"),
}  # fmt: skip

ADJECTIVES: dict[str, Adjectives] = {
    "de": Adjectives("{c} {name}", _words(
        "rote/roter/rotes,orange/oranger/oranges,gelbe/gelber/gelbes,grüne/grüner/grünes,türkise/türkiser/türkises,"
        "blaue/blauer/blaues,lila/violette/violetter/violettes,rosa/pinke/pinker/pinkes,braune/brauner/braunes,"
        "weiße/weißer/weißes,graue/grauer/graues,schwarze/schwarzer/schwarzes"), ("ein ", "eine ")),
    "fr": Adjectives("{name} {c}", _words(
        "rouge,orange,jaune,vert/verte,turquoise,bleu/bleue,violet/violette,rose,marron/brun/brune,blanc/blanche,"
        "gris/grise,noir/noire"), ("un ", "une ")),
    "es": Adjectives("{name} {c}", _words(
        "rojo/roja,naranja,amarillo/amarilla,verde,turquesa,azul,morado/morada,rosa,marrón,blanco/blanca,gris,"
        "negro/negra"), ("un ", "una ")),
    "it": Adjectives("{name} {c}", _words(
        "rosso/rossa,arancione,giallo/gialla,verde,turchese,blu,viola,rosa,marrone,bianco/bianca,grigio/grigia,"
        "nero/nera"), ("un ", "una ", "uno ")),
    "pt": Adjectives("{name} {c}", _words(
        "vermelho/vermelha,laranja,amarelo/amarela,verde,turquesa,azul,roxo/roxa,rosa,marrom/castanho/castanha,"
        "branco/branca,cinza,preto/preta"), ("um ", "uma ")),
    "nl": Adjectives("{c} {name}", _words(
        "rode/rood,oranje,gele/geel,groene/groen,turquoise,blauwe/blauw,paarse/paars,roze,bruine/bruin,witte/wit,"
        "grijze/grijs,zwarte/zwart"), ("een ",)),
    "pl": Adjectives("{c} {name}", _words(
        "czerwony/czerwona/czerwone,pomarańczowy/pomarańczowa/pomarańczowe,żółty/żółta/żółte,"
        "zielony/zielona/zielone,turkusowy/turkusowa/turkusowe,niebieski/niebieska/niebieskie,"
        "fioletowy/fioletowa/fioletowe,różowy/różowa/różowe,brązowy/brązowa/brązowe,biały/biała/białe,"
        "szary/szara/szare,czarny/czarna/czarne")),
    "ru": Adjectives("{c} {name}", _words(
        "красный/красная/красное,оранжевый/оранжевая/оранжевое,жёлтый/жёлтая/жёлтое,зелёный/зелёная/зелёное,"
        "бирюзовый/бирюзовая/бирюзовое,синий/синяя/синее,фиолетовый/фиолетовая/фиолетовое,"
        "розовый/розовая/розовое,коричневый/коричневая/коричневое,белый/белая/белое,серый/серая/серое,"
        "чёрный/чёрная/чёрное")),
    "sv": Adjectives("{c} {name}", _words(
        "röd/rött,orange,gul/gult,grön/grönt,turkos,blå/blått,lila,rosa,brun/brunt,vit/vitt,grå/grått,svart"),
        ("en ", "ett ")),
    "da": Adjectives("{c} {name}", _words(
        "rød/rødt,orange,gul/gult,grøn/grønt,turkis,blå/blåt,lilla,lyserød/lyserødt,brun/brunt,hvid/hvidt,grå/gråt,"
        "sort"), ("en ", "et ")),
    "ja": Adjectives("{c}{name}", _words(
        "赤い,オレンジ色の,黄色い,緑の,青緑の,青い,紫の,ピンクの,茶色の/茶色い,白い,灰色の,黒い")),
    "ko": Adjectives("{c} {name}", _words(
        "빨간색/빨간,주황색,노란색/노란,초록색,청록색,파란색/파란,보라색,분홍색,갈색,흰색/하얀,회색,검은색/검은")),
    "zh": Adjectives("{c}{name}", _words(
        "红/红色的,橙色的,黄/黄色的,绿/绿色的,青色的,蓝/蓝色的,紫色的,粉色的,棕色的,白/白色的,灰色的,黑/黑色的"),
        ("一个", "一只")),
}  # fmt: skip
