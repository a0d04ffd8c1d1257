"""Short captions in other languages: patterns and the basic colours, in the form that the pattern needs."""

from dataclasses import dataclass

from scripts.data.palette import BASIC_COLOURS


@dataclass(frozen=True)
class Language:
    on: str  # "{name}" on a background of colour "{c}"
    both: str  # two things together
    colours: tuple[str, ...]  # as BASIC_COLOURS, as they stand in `on`
    coloured: str | None = None  # "{name}" of colour "{c}", where the same form of the colour fits

    def colour(self, name: str) -> str | None:
        return self.colours[BASIC_COLOURS.index(name)] if name in BASIC_COLOURS else None


def _words(text: str) -> tuple[str, ...]:
    words = tuple(text.split(","))
    assert len(words) == len(BASIC_COLOURS), text
    return words


LANGUAGES: dict[str, Language] = {
    "de": Language("{name} auf {c} Hintergrund", "{a} und {b}", _words(
        "rotem,orangem,gelbem,grünem,türkisem,blauem,violettem,rosa,braunem,weißem,grauem,schwarzem")),
    "fr": Language("{name} sur fond {c}", "{a} et {b}", _words(
        "rouge,orange,jaune,vert,turquoise,bleu,violet,rose,marron,blanc,gris,noir"), "{name} de couleur {c}"),
    "es": Language("{name} sobre fondo {c}", "{a} y {b}", _words(
        "rojo,naranja,amarillo,verde,turquesa,azul,morado,rosa,marrón,blanco,gris,negro"), "{name} de color {c}"),
    "it": Language("{name} su sfondo {c}", "{a} e {b}", _words(
        "rosso,arancione,giallo,verde,turchese,blu,viola,rosa,marrone,bianco,grigio,nero"), "{name} di colore {c}"),
    "pt": Language("{name} em fundo {c}", "{a} e {b}", _words(
        "vermelho,laranja,amarelo,verde,turquesa,azul,roxo,rosa,marrom,branco,cinza,preto")),
    "nl": Language("{name} op een {c} achtergrond", "{a} en {b}", _words(
        "rode,oranje,gele,groene,turquoise,blauwe,paarse,roze,bruine,witte,grijze,zwarte")),
    "pl": Language("{name} na {c} tle", "{a} i {b}", _words(
        "czerwonym,pomarańczowym,żółtym,zielonym,turkusowym,niebieskim,fioletowym,różowym,brązowym,białym,szarym,czarnym")),
    "ru": Language("{name} на {c} фоне", "{a} и {b}", _words(
        "красном,оранжевом,жёлтом,зелёном,бирюзовом,синем,фиолетовом,розовом,коричневом,белом,сером,чёрном")),
    "sv": Language("{name} på {c} bakgrund", "{a} och {b}", _words(
        "röd,orange,gul,grön,turkos,blå,lila,rosa,brun,vit,grå,svart")),
    "da": Language("{name} på {c} baggrund", "{a} og {b}", _words(
        "rød,orange,gul,grøn,turkis,blå,lilla,lyserød,brun,hvid,grå,sort")),
    "ja": Language("{c}背景の{name}", "{a}と{b}", _words(
        "赤い,オレンジ色の,黄色い,緑の,青緑の,青い,紫の,ピンクの,茶色の,白い,灰色の,黒い"), "{c}{name}"),
    "ko": Language("{c} 배경의 {name}", "{a}, {b}", _words(
        "빨간색,주황색,노란색,초록색,청록색,파란색,보라색,분홍색,갈색,흰색,회색,검은색"), "{c} {name}"),
    "zh": Language("{c}背景上的{name}", "{a}和{b}", _words(
        "红色,橙色,黄色,绿色,青色,蓝色,紫色,粉色,棕色,白色,灰色,黑色"), "{c}的{name}"),
}  # fmt: skip
