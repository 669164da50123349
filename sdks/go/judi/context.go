package judi

import (
	"context"
	"net/url"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
)

// Context is who, where and with what: it stands beside every event. What is empty is left out.
type Context struct {
	AnonymousID, UserID, SessionID                         string
	App, AppVersion, Platform, OS, Device, Locale          string
	PageURL, PagePath, Referrer                            string
	UtmSource, UtmMedium, UtmCampaign, UtmTerm, UtmContent string
	Consent, SDK, SDKVersion                               string
}

// contextFields is how many fields judi.v1.Context has; the n-th is number n + 1.
const contextFields = 20

func (c *Context) fields() [contextFields]*string {
	return [...]*string{
		&c.AnonymousID, &c.UserID, &c.SessionID,
		&c.App, &c.AppVersion, &c.Platform, &c.OS, &c.Device, &c.Locale,
		&c.PageURL, &c.PagePath, &c.Referrer,
		&c.UtmSource, &c.UtmMedium, &c.UtmCampaign, &c.UtmTerm, &c.UtmContent,
		&c.Consent, &c.SDK, &c.SDKVersion,
	}
}

// collected are the fields that the client fills in by itself, or from the page, and that can be switched off.
var collected = [...]string{
	"", "", "",
	"app", "app_version", "platform", "os", "device", "locale",
	"page_url", "page_path", "referrer",
	"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
	"", "", "",
}

func isCollected(name string) bool {
	for _, known := range collected {
		if known == name && name != "" {
			return true
		}
	}
	return false
}

// over puts what is set in other over c.
func (c *Context) over(other *Context) {
	theirs := other.fields()
	for at, own := range c.fields() {
		if *theirs[at] != "" {
			*own = *theirs[at]
		}
	}
}

// switchedOff empties what is not to be collected.
func (c *Context) switchedOff(collect map[string]bool) {
	if len(collect) == 0 {
		return
	}
	for at, own := range c.fields() {
		if on, said := collect[collected[at]]; said && !on {
			*own = ""
		}
	}
}

// utm are the campaign's words; of a page's address where they are not set.
func (c *Context) utm() string {
	words := [...]string{c.UtmSource, c.UtmMedium, c.UtmCampaign, c.UtmTerm, c.UtmContent}
	if words == [5]string{} && strings.Contains(c.PageURL, "utm_") {
		if address, err := url.Parse(c.PageURL); err == nil {
			query := address.Query()
			for at, name := range []string{"source", "medium", "campaign", "term", "content"} {
				words[at] = query.Get("utm_" + name)
			}
		}
	}
	if words == [5]string{} {
		return ""
	}
	return strings.Join(words[:], "\x00")
}

type contextKey struct{}

// WithContext gives events that are tracked with this [context.Context] what is set here: the page, or the person on
// whose behalf a server acts. Events of a person who is named here (AnonymousID, UserID or SessionID) carry none of
// this process's own ids, and no number, since those count the events of an install.
func WithContext(parent context.Context, values Context) context.Context {
	if outer, ok := parent.Value(contextKey{}).(*Context); ok {
		merged := *outer
		merged.over(&values)
		values = merged
	}
	return context.WithValue(parent, contextKey{}, &values)
}

// surroundings is what the platform tells by itself.
func surroundings(config *Config) Context {
	own := Context{
		App: config.App, AppVersion: config.AppVersion, Platform: config.Platform,
		OS: runtime.GOOS, Device: runtime.GOARCH, Locale: locale(),
		SDK: sdkName, SDKVersion: sdkVersion,
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		or(&own.App, path.Base(strings.TrimSuffix(build.Path, "/")))
		if build.Main.Version != "(devel)" {
			or(&own.AppVersion, build.Main.Version)
		}
	}
	if own.App == "." {
		own.App = ""
	}
	own.switchedOff(config.Collect)
	return own
}

// locale is the environment's, as the web writes it: sv-SE.
func locale() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value, _, _ := strings.Cut(os.Getenv(name), ".")
		value, _, _ = strings.Cut(value, "@")
		if value == "C" || value == "POSIX" {
			return ""
		}
		if value != "" {
			return strings.ReplaceAll(value, "_", "-")
		}
	}
	return ""
}
