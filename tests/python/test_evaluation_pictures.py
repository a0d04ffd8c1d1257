"""What the detector does without a network: cutting pictures into things and naming colours; and distances of sets."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from scripts.data.palette import COLOURS, TINTS, tint
from scripts.evaluation.colours import NAMES, has_colour, shares
from scripts.evaluation.copies import nearest, small
from scripts.evaluation.distances import first_matches, kid, recall
from scripts.evaluation.distribution import blurred
from scripts.evaluation.edges import clear_border, dirt, softness
from scripts.evaluation.pictures import premultiplied, resized, to_signed, to_uint8
from scripts.evaluation.recogniser import without_colour
from scripts.evaluation.segments import foreground, framed, label, segmentations
from scripts.evaluation.upsampling import edge_error, psnr


def drawing(*boxes, colour=(200, 40, 40, 255), background=(0, 0, 0, 0)) -> np.ndarray:
    image = Image.new("RGBA", (64, 64), background)
    for box in boxes:
        ImageDraw.Draw(image).ellipse(box, fill=colour)
    return np.asarray(image)


def unit(*shape: int, seed: int = 0, shift: float = 0.0) -> torch.Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    x[:, 0] += shift
    return torch.nn.functional.normalize(x, dim=-1)


# Segments ---------------------------------------------------------------------------------------------------
def test_labels_join_diagonal_neighbours_and_arms_that_meet_later():
    mask = np.array([[1, 0, 0, 1, 0, 1], [1, 0, 0, 1, 0, 0], [1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 0]], bool)
    labels, count = label(mask)
    assert count == 2
    assert labels[0, 0] == labels[0, 3] == labels[3, 4] != labels[0, 5]
    assert (labels > 0).tolist() == mask.tolist()


def test_an_empty_picture_has_no_things():
    assert segmentations(drawing()) == []


def test_separate_things_are_cut_apart_and_specks_are_not_things():
    cuts = segmentations(drawing((2, 20, 22, 40), (40, 20, 60, 40), (30, 2, 32, 4)))
    assert [len(cut) for cut in cuts][0] == 2
    centres = sorted(segment.centre for segment in cuts[0])
    assert centres[0] == pytest.approx((0.195, 0.48), abs=0.02)
    assert centres[1] == pytest.approx((0.79, 0.48), abs=0.02)


def test_touching_things_can_be_two_and_broken_things_can_be_one():
    touching = segmentations(drawing((6, 20, 31, 45), (32, 20, 57, 45)))
    assert {1, 2} <= {len(cut) for cut in touching}
    broken = segmentations(drawing((20, 4, 44, 28), (20, 32, 44, 56)))
    assert {1, 2} <= {len(cut) for cut in broken}


def test_a_plain_background_is_not_the_thing():
    picture = drawing((20, 20, 40, 40), background=(40, 90, 220, 255))
    assert (foreground(picture) == foreground(drawing((20, 20, 40, 40)))).mean() > 0.99


def test_framing_makes_place_and_size_alike():
    one, two = drawing((2, 2, 22, 22)), drawing((24, 10, 60, 46))
    same = np.abs(framed(one, foreground(one)).astype(int) - framed(two, foreground(two)))
    assert same.mean() < 8
    assert (framed(one, foreground(one))[..., :3] <= framed(one, foreground(one))[..., 3:]).all()


# Colours ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_plain_colours_have_their_own_name_and_no_other(name):
    picture = drawing((4, 4, 60, 60), colour=(*COLOURS[name], 255))
    found = shares(picture, foreground(picture))
    assert [other for other in NAMES if has_colour(found, other)] == [name]


@pytest.mark.parametrize("name", list(TINTS))
def test_a_shaded_outlined_thing_is_named_by_the_colour_that_it_was_painted(name):
    picture = drawing((4, 4, 60, 60), colour=(0, 0, 0, 255)).copy()
    ImageDraw.Draw(image := Image.fromarray(picture)).ellipse((7, 7, 57, 57), fill=(230, 120, 30, 255))
    ImageDraw.Draw(image).ellipse((20, 16, 44, 40), fill=(250, 150, 50, 255))
    painted = tint(np.asarray(image), name, (0.9, -0.43))
    assert has_colour(shares(painted, foreground(painted)), name)


def test_nothing_has_no_colour():
    found = shares(drawing(), np.zeros((64, 64), bool))
    assert not any(has_colour(found, name) for name in NAMES)


def test_without_colour_a_red_and_a_blue_thing_are_the_same():
    red, blue = (
        drawing((4, 4, 50, 50), colour=(200, 30, 30, 255)),
        drawing((4, 4, 50, 50), colour=(30, 30, 200, 255)),
    )
    gray = without_colour(np.stack([red, blue]))
    assert np.abs(gray[0].astype(int) - gray[1]).max() <= 1


# Distances --------------------------------------------------------------------------------------------------
def test_kid_is_zero_within_a_distribution_and_grows_with_the_difference():
    same = [kid(unit(200, 16, seed=s), unit(200, 16, seed=s + 50)) for s in range(10)]
    near, far = (kid(unit(200, 16, seed=1), unit(200, 16, seed=2, shift=d)) for d in (0.5, 2.0))
    assert abs(np.mean(same)) < 0.012
    assert min(same) < 0 < max(same)  # without bias
    assert 0.02 < near < far


def test_kid_equals_its_definition():
    x, y = unit(3, 4, seed=1), unit(4, 4, seed=2)

    def kernel(a, b):
        return (float(a @ b) + 1) ** 3

    within_x = sum(kernel(x[i], x[j]) for i in range(3) for j in range(3) if i != j) / 6
    within_y = sum(kernel(y[i], y[j]) for i in range(4) for j in range(4) if i != j) / 12
    between = sum(kernel(a, b) for a in x for b in y) / 12
    assert kid(x, y) == pytest.approx(within_x + within_y - 2 * between, abs=1e-5)


def test_recall_is_the_covered_share_of_the_real():
    modes = torch.tensor([[0.0], [10.0]])
    real = (modes + torch.linspace(-0.5, 0.5, 50)).reshape(-1, 1)
    one_mode = torch.linspace(-0.5, 0.5, 50)[:, None]
    assert recall(real, real) == 1.0
    assert recall(real, one_mode) == 0.5
    assert recall(one_mode, real) == 1.0


def test_first_matches_counts_right_rows_and_equal_captions():
    queries = torch.eye(3)
    assert first_matches(queries, torch.eye(3)[[0, 2, 1]]) == pytest.approx(1 / 3)
    allowed = torch.tensor([[1, 0, 0], [0, 1, 1], [0, 1, 1]], dtype=torch.bool)
    assert first_matches(queries, torch.eye(3)[[0, 2, 1]], allowed) == 1.0


def test_a_copy_is_found_wherever_it_stands():
    original, moved = drawing((2, 2, 22, 30)), drawing((30, 8, 60, 50))
    other = drawing((2, 2, 40, 12), colour=(30, 200, 60, 255))
    drawings = small(np.stack([original, drawing((10, 10, 20, 60))]))
    copied, made = nearest(small(np.stack([moved, other])), drawings)
    assert copied < 0.06 < 0.15 < made


# Pictures ---------------------------------------------------------------------------------------------------
def test_pictures_survive_the_way_to_the_network_and_back():
    picture = drawing((10, 10, 40, 40))[None]
    assert (to_uint8(to_signed(picture)) == picture).all()


def test_network_pictures_become_valid_premultiplied_ones():
    x = torch.full((1, 4, 2, 2), 0.98)
    x[0, 3, 0, 0] = -0.99  # nearly clear
    pixels = to_uint8(x)
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    assert pixels[0, 0, 0].tolist() == [0, 0, 0, 0] and pixels[0, 1, 1, 3] == 255


def test_files_are_read_premultiplied(tmp_path):
    Image.new("RGBA", (2, 2), (200, 100, 0, 128)).save(tmp_path / "a.png")
    assert premultiplied(tmp_path / "a.png")[0, 0].tolist() == [100, 50, 0, 128]


def test_shrinking_averages_areas():
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[:2, :2] = 255
    picture[0, 0] = 0
    assert abs(int(resized(picture, 2)[0, 0, 0]) - 191) <= 1


def test_blurred_pictures_keep_their_mean_and_lose_detail():
    picture = drawing(*[(x, y, x + 2, y + 2) for x in range(4, 60, 6) for y in range(4, 60, 6)])[None]
    soft = blurred(picture)
    assert soft.mean() == pytest.approx(picture.mean(), rel=0.05)
    assert soft.std() < 0.8 * picture.std()


def test_psnr_of_a_known_error():
    assert psnr(torch.full((2, 4, 8, 8), 0.2), torch.zeros(2, 4, 8, 8)) == pytest.approx(20.0, abs=1e-4)


def test_edge_error_looks_at_edges_only():
    truth = torch.full((1, 4, 32, 32), -1.0)
    truth[:, :, :, 16:] = 1
    wrong_far, wrong_near = truth.clone(), truth.clone()
    wrong_far[..., 0:4] = 1
    wrong_near[..., 15] = 1
    assert edge_error(truth, truth) == edge_error(wrong_far, truth) == 0
    assert edge_error(wrong_near, truth) == pytest.approx(255 / 4)  # one of the four columns around the edge


def test_soft_edges_dirt_and_corners_are_measured():
    clean = drawing((16, 16, 48, 48))[None]
    soft = blurred(clean, 16)
    dirty = clean.copy()
    dirty[:, :4, :4] = 40
    assert softness(clean) < 0.3 < softness(soft)
    assert dirt(clean) == 0 < dirt(dirty)
    assert clear_border(np.concatenate([clean, dirty])) == 0.5
