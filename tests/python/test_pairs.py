"""Pairs of pictures and texts: what the parts of the prior learn from."""

import numpy as np
import torch

from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.pairs import Pairs, make_pairs
from scripts.training.parts import NOTHING, SceneParts
from tests.python.toy_scenes import toy_tokenizer


def test_pairs_survive_saving_and_texts_are_cut_to_the_longest_of_a_batch(tmp_path):
    states = np.arange(12, dtype=np.float16).reshape(6, 2)
    starts = np.cumsum([0, 2, 1, 3])
    ones, layouts = np.ones((3, 8), np.float16), np.eye(3, 5, dtype=np.float16)
    rows = np.array([[1, NOTHING], [0, 1], [NOTHING, NOTHING]])
    of_either = np.stack([np.full(8, 2), np.ones(8)]).astype(np.float16)
    for _ in range(2):  # the second takes the place of the first
        Pairs(ones, states, starts, rows, of_either, rows, of_either, layouts).save(tmp_path / "pairs")
    again = Pairs.load(tmp_path / "pairs")
    text, token_states, mask = again.text(np.array([1, 0]))
    assert mask.tolist() == [[True, False], [True, True]]
    assert token_states.tolist() == [[[4, 5], [0, 0]], [[0, 1], [2, 3]]]
    assert len(again) == 3 and text.shape == (2, 8)
    for of_parts in (again.part_embeddings, again.part_texts):
        assert of_parts(np.array([0, 1, 2]))[..., 0].tolist() == [[1, 0], [2, 1], [0, 0]]
    assert again.layout_vectors(np.array([1])).tolist() == [[0, 1, 0, 0, 0]]


def test_batches_are_divided_into_texts_of_like_length():
    ones = np.ones((6, 2), np.float16)
    starts = np.cumsum([0, 5, 1, 4, 2, 3, 6])
    rows = np.zeros((6, 2), np.int64)
    pairs = Pairs(ones, np.ones((21, 2), np.float16), starts, rows, ones, rows, ones, ones)
    divided = pairs.of_like_length(np.arange(6))
    assert [row for part in divided for row in part] == [1, 3, 4, 2, 0, 5]
    assert len(pairs.of_like_length(np.array([3]))) == 1


def test_every_caption_of_a_scene_makes_a_pair_with_its_own_parts_once(tmp_path):
    tokenizer = toy_tokenizer(tmp_path)
    encoder = TextEncoder(TextEncoderConfig(len(tokenizer), 32, 16, 1, 2, 8)).eval()
    images = np.eye(2, 8, dtype=np.float16)
    captions = [["red", "red", "blue"], ["a red square", "green", "white"]]
    parts = np.array([[0, NOTHING], [0, NOTHING], [1, 0], [0, 1], [1, NOTHING], [0, 0]])
    layouts = np.arange(6, dtype=np.float16)[:, None]
    scenes = SceneParts(captions, parts, images, parts[:, ::-1], ["red", "blue"], layouts)
    pairs = make_pairs(scenes, tokenizer, encoder, captions=2)
    assert len(pairs) == 3
    assert pairs.parts.tolist() == parts[[0, 3, 4]].tolist()
    assert pairs.said.tolist() == parts[[0, 3, 4], ::-1].tolist()
    assert pairs.layouts.tolist() == [[0], [3], [4]]
    names, _ = encoder(*tokenizer(["red", "blue"], trim=True))
    torch.testing.assert_close(torch.from_numpy(pairs.names).float(), names, atol=5e-3, rtol=1e-2)
    alone, states = encoder(*tokenizer(["a red square"], trim=True))
    text, token_states, mask = pairs.text(np.array([1]))
    torch.testing.assert_close(text, alone, atol=5e-3, rtol=1e-2)
    torch.testing.assert_close(token_states, states, atol=3e-2, rtol=3e-2)
    assert bool(mask.all())
