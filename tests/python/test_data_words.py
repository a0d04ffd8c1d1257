"""English noun phrases: articles and plurals."""

import pytest

from scripts.data.words import plural, with_article


@pytest.mark.parametrize(
    ("name", "one", "many"),
    [
        ("dog", "a dog", "dogs"),
        ("apple", "an apple", "apples"),
        ("unicorn", "a unicorn", "unicorns"),
        ("hourglass", "an hourglass", "hourglasses"),
        ("UFO", "a UFO", "UFOs"),
        ("man with beard", "a man with beard", "men with beard"),
        ("face screaming in fear", "a face screaming in fear", "faces screaming in fear"),
        ("woman running", "a woman running", "women running"),
        ("safety ring", "a safety ring", "safety rings"),
        ("butterfly", "a butterfly", "butterflies"),
        ("monkey", "a monkey", "monkeys"),
        ("potato", "a potato", "potatoes"),
        ("octopus", "an octopus", "octopuses"),
        ("wolf", "a wolf", "wolves"),
        ("flag of Norway", "the flag of Norway", "flags of Norway"),
        ("scissors", "scissors", "scissors"),
        ("cooked rice", "cooked rice", "cooked rice"),
    ],
)
def test_a_name_has_its_article_and_plural(name, one, many):
    assert with_article(name, name) == one
    assert plural(name) == many


def test_the_article_follows_the_adjective():
    assert with_article("orange dog", "dog") == "an orange dog"
    assert with_article("blue apple", "apple") == "a blue apple"
