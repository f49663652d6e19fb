"""Moments in a page of their own, in a browser, without Python: for tests that play them.

with browsing() as browser:
    page, errors = open_moment(browser, moment)
    page.get_by_role("button", name="Next").click()     # by mouse
    page.keyboard.press("s")                            # by keyboard: focus something inside first
    page.get_by_role("button", name="Next").tap()       # by touch, where touch=True
    assert errors == []
"""

import copy


def open_moment(
    browser, moment, state=None, width=1366, height=768, touch=False, dark=False, calm=True
):
    """A page that shows a moment from a state on, and a list of its errors. Without `calm`, things
    move.
    """
    moment = copy.copy(moment)
    moment.state = moment.state | (state or {})
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=touch,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if calm else "no-preference",
    )
    page, errors = context.new_page(), []
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.route("**/*", lambda route: route.abort())  # it must need nothing
    page.set_content(moment.page())
    page.locator(".cctview-moment.live").first.wait_for()
    return page, errors


def logic(page, moment, expression, given=None):
    """The value of an expression of the names in a moment's script; `given` is one of them."""
    source = f"{moment.script.read_text(encoding='utf-8')}\nreturn {expression};"
    return page.evaluate(
        "([source, given]) => new Function('given', source)(given)", [source, given]
    )


def touch_drag(page, begin, end):
    """Drag a finger from one place of the page, in pixels, to another."""
    client = page.context.new_cdp_session(page)
    for kind, places in (("Start", [begin]), ("Move", [end]), ("End", [])):
        points = [{"x": x, "y": y} for x, y in places]
        client.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    page.touchscreen.tap(1, 1)  # ends what Chromium takes for a fling, or the next tap would
