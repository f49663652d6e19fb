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
