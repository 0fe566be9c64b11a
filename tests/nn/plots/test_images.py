"""Images stand beside each other, each with its own pixels."""

from __future__ import annotations

import pytest

from autograd import Value
from nn import plot_images

pytest.importorskip("matplotlib")


def pixels(axes):
    return [image.get_array().tolist() for image in axes.images]


def boxes(axes):
    return [tuple(image.get_extent()) for image in axes.images]


def test_flat_lists_rows_and_values_are_images():
    axes = plot_images([[0, 1, 2, 3], [[4, 5], [6, 7]], [Value(8.0), 9.0, 10.0, 11.0], [[[1, 2], [3, 4]]]])
    assert pixels(axes) == [[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9], [10, 11]], [[1, 2], [3, 4]]]
    assert {image.get_clim() for image in axes.images} == {(0, 11)}


def test_they_stand_in_rows_and_do_not_touch():
    axes = plot_images([[k] * 4 for k in range(5)], columns=3)
    lefts, rights, bottoms, tops = zip(*boxes(axes), strict=True)
    assert lefts[0] == lefts[3] < rights[0] < lefts[1] < rights[1] < lefts[2]
    assert tops[0] == tops[2] < bottoms[0] < tops[3] == tops[4]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left <= min(lefts) < max(rights) <= right
    assert top <= min(tops) < max(bottoms) <= bottom


def test_each_has_its_title_above_it():
    axes = plot_images([[0] * 4, [1] * 4], titles=["one\nline", 2])
    assert [text.get_text() for text in axes.texts] == ["one\nline", "2"]
    for text, (left, right, _, top) in zip(axes.texts, boxes(axes), strict=True):
        assert left < text.get_position()[0] < right
        assert text.get_position()[1] < top


def test_a_place_can_stay_empty():
    with_gap = plot_images([[0] * 4, None, [1] * 4])
    without = plot_images([[0] * 4, [5] * 4, [1] * 4])
    assert boxes(with_gap) == [boxes(without)[0], boxes(without)[2]]


def test_signed_numbers_have_zero_in_the_middle():
    axes = plot_images([[-1, 0, 0, 3]], signed=True)
    assert axes.images[0].get_clim() == (-3, 3)
    middle = axes.images[0].get_cmap()(0.5)
    assert min(middle[:3]) > 0.98, "the background"


def test_rows_of_a_data_frame_are_images():
    pandas = pytest.importorskip("pandas")
    assert pixels(plot_images(pandas.DataFrame([[1, 2, 3, 4]]))) == [[[1, 2], [3, 4]]]


def test_limits_and_shapes_can_be_given():
    axes = plot_images([range(6)], shape=(2, 3), limits=(0, 16))
    assert pixels(axes) == [[[0, 1, 2], [3, 4, 5]]]
    assert axes.images[0].get_clim() == (0, 16)


def test_images_all_of_one_colour_can_be_drawn():
    plot_images([[0.0] * 4], signed=True)
    plot_images([[2.0] * 4])


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        ([], {}, "no images"),
        ([range(6)], {}, r"images\[0\] has the shape \(6,\), which is no image.*shape="),
        ([[1, 2, 3], [4, 5, 6]], {}, r"one image alone is plot_images\(\[image\]\)"),
        ([range(6)], {"shape": (2, 2)}, "has 4 pixels, images.0. has 6"),
        ([[0] * 4] * 2, {"titles": ["a"]}, "2 images but 1 titles"),
    ],
)
def test_what_is_no_image_is_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        plot_images(images, **options)
