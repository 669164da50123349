// What a page can tell by itself. Each function stands alone, so that a bundle has only those that are used.

function listen(target, type, work, options) {
  target.addEventListener(type, work, options);
  return function () {
    target.removeEventListener(type, work, options);
  };
}

function all(stops) {
  return function () {
    stops.splice(0).forEach(function (stop) {
      stop();
    });
  };
}

/** The page that is shown, and each that a single-page app shows after it. */
export function pageViews(view) {
  var before;
  function look() {
    // A hash that is no path leads to a place of the same page.
    var url = location.href.replace(/#(?![/!]).*$/, "");
    if (url === before) return;
    before = url;
    // The app sets its title behind the address.
    setTimeout(function () {
      if (before === url) view({ url: url, path: location.pathname, title: document.title });
    }, 0);
  }
  var stops = [listen(window, "popstate", look), listen(window, "hashchange", look)];
  ["pushState", "replaceState"].forEach(function (name) {
    var own = history[name];
    function changed() {
      var result = own.apply(this, arguments);
      look();
      return result;
    }
    history[name] = changed;
    stops.push(function () {
      // Somebody else may have put another around it.
      if (history[name] === changed) history[name] = own;
      else before = NaN;
    });
  });
  look();
  return all(stops);
}

/** Links to other sites that are followed, by mouse or by key. */
export function outboundClicks(click) {
  function followed(event) {
    var element = event.target;
    while (element && !(element.nodeName == "A" || element.nodeName == "AREA" || element.nodeName == "a")) {
      element = element.parentNode;
    }
    if (!element || (event.type == "auxclick" && event.button != 1)) return;
    if (!/^https?:$/.test(element.protocol) || element.hostname == location.hostname) return;
    click({ url: element.href, text: (element.textContent || "").replace(/\s+/g, " ").slice(0, 200), element: element });
  }
  return all([listen(document, "click", followed, true), listen(document, "auxclick", followed, true)]);
}

/** How deep a reader comes in an article, and how long it is read. */
export function articleProgress(article, progress, options) {
  var marks = ((options && options.marks) || [25, 50, 75, 100]).slice().sort(function (one, other) {
    return one - other;
  });
  var idle = (options && options.idleMs) || 15e3;
  var deepest = 0;
  var engaged = 0;
  var visible = 0;
  var isEnded = false;
  var last = Date.now();
  var active = last;
  if (!article) return function () {};
  function measure() {
    var now = Date.now();
    var passed = Math.max(0, now - last);
    if (document.visibilityState != "hidden") {
      // A second that is late by more has slept.
      visible += Math.min(passed, 2000);
      if (now - active < idle) engaged += Math.min(passed, 2000);
      var box = article.getBoundingClientRect();
      if (box.height > 0) deepest = Math.max(deepest, Math.min(100, ((innerHeight - box.top) / box.height) * 100));
    }
    last = now;
  }
  function tell(depth, isEnd) {
    progress({ depthPercent: Math.floor(depth), engagedMs: engaged, visibleMs: visible, isEnd: isEnd });
  }
  function look() {
    measure();
    while (!isEnded && marks.length && deepest >= marks[0] - 0.01) tell(marks.shift(), false);
  }
  function acted() {
    active = Date.now();
  }
  function end() {
    if (isEnded) return;
    measure();
    isEnded = true;
    tell(deepest, true);
  }
  var timer = setInterval(look, 1000);
  var stops = [
    listen(window, "scroll", function () {
      acted();
      look();
    }),
    listen(window, "pagehide", end),
    listen(document, "visibilitychange", measure),
    function () {
      clearInterval(timer);
    },
  ];
  ["keydown", "pointerdown", "pointermove", "touchstart"].forEach(function (type) {
    stops.push(listen(window, type, acted));
  });
  look();
  return all([end].concat(stops));
}

/** A video's first picture, its progress and its end. */
export function videoProgress(video, tell, options) {
  var every = ((options && options.everySeconds) || 10) * 1000;
  var seconds = {};
  var played = 0;
  var told = 0;
  var last = video.currentTime;
  var isStarted = false;
  var isEnded = false;
  function state() {
    var duration = isFinite(video.duration) ? video.duration : undefined;
    return {
      positionMs: Math.round(video.currentTime * 1000),
      durationMs: duration && Math.round(duration * 1000),
      completion: duration ? Math.min(1, Object.keys(seconds).length / Math.ceil(duration)) : 0,
    };
  }
  function call(name, reason) {
    if (tell[name]) tell[name](state(), reason);
  }
  function playing() {
    last = video.currentTime;
    if (isEnded) {
      // It is played again.
      seconds = {};
      played = told = 0;
      isStarted = isEnded = false;
    }
    if (!isStarted) {
      isStarted = true;
      call("start");
    }
  }
  function moved() {
    var now = video.currentTime;
    var passed = now - last;
    // What was jumped over was not played.
    if (passed > 0 && passed < 2) {
      played += passed * 1000;
      for (var second = Math.floor(last); second < now; second++) seconds[second] = 1;
    }
    last = now;
    if (isStarted && !isEnded && played - told >= every) {
      told += Math.floor((played - told) / every) * every;
      call("progress");
    }
  }
  function end(reason) {
    if (!isStarted || isEnded) return;
    moved();
    isEnded = true;
    call("end", reason);
  }
  function ending(reason) {
    return function () {
      end(reason);
    };
  }
  return all([
    ending("stopped"),
    listen(video, "playing", playing),
    listen(video, "timeupdate", moved),
    listen(video, "seeked", function () {
      last = video.currentTime;
    }),
    listen(video, "ended", ending("finished")),
    listen(video, "error", ending("error")),
    listen(window, "pagehide", ending("stopped")),
  ]);
}
