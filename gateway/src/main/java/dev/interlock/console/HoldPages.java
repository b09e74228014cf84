package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The pages about holds: the list of those that wait, and the page on which people approve or deny one. */
final class HoldPages {

    /** The time before a hold for which the agent's calls are shown. */
    private static final Duration MINUTES = Duration.ofMinutes(15);

    private static final int MAX_ROWS = 8;
    private static final int MAX_READ = 200;
    private static final int MAX_AROUND = 4;
    private static final int MAX_SIMILAR = 6;

    /** Maximum number of latest decisions that are searched; older ones matter little. */
    private static final long MAX_LOOKED_AT = 50;

    private static final int PAGE = 50;

    private final InstantSource clock;

    HoldPages(InstantSource clock) {
        this.clock = clock;
    }

    /** One line of the list. */
    record Line(
            String id,
            String state,
            String summary,
            String agent,
            String person,
            String task,
            HoldView.When opened,
            HoldView.When signBy,
            List<String> missing,
            List<String> covers,
            String ending) {

        static Line of(Json.Members hold) {
            return new Line(
                    hold.text("id"),
                    hold.text("state"),
                    Shown.sentence(hold.text("summary")),
                    Shown.text(hold, "agent"),
                    Shown.text(hold, "person"),
                    Shown.text(hold, "task"),
                    HoldView.When.of(hold.text("opened_at")),
                    HoldView.When.of(hold.text("sign_by")),
                    hold.texts("missing").stream().map(Shown::dated).toList(),
                    hold.texts("covers").stream().map(Shown::sentence).toList(),
                    Shown.sentence(hold.text("ending")));
        }
    }

    Answer list(Asked asked) throws AdminRefusedException {
        Optional<String> after = asked.field("after");
        Optional<String> before = asked.field("before");
        // Turning a page of live or past holds shows that kind alone.
        Page live = before.isEmpty() ? page(asked, "live", after) : Page.NONE;
        Page ended = after.isEmpty() ? page(asked, "ended", before) : Page.NONE;
        long waiting = asked.ask("hold.count").whole("open");
        boolean isFirst = after.isEmpty() && before.isEmpty();
        Layout layout = new Layout("Holds", "/holds", asked.session());
        return Answer.page(Templates.render((output, none) ->
                JteholdsGenerated.render(output, none, layout, live, ended, waiting, isFirst, clock.instant())));
    }

    /**
     * One page of holds, as many as a person reads through.
     *
     * @param rest the hold after which the next page begins, if there is one
     */
    record Page(List<Line> lines, Optional<String> rest) {

        static final Page NONE = new Page(List.of(), Optional.empty());
    }

    private static Page page(Asked asked, String state, Optional<String> after) throws AdminRefusedException {
        Json.Members query =
                Json.object().with("state", state).with("limit", PAGE + 1L).withOptional("after", after);
        List<Line> lines = asked.ask("hold.list", query).objects("holds").stream()
                .map(Line::of)
                .toList();
        return lines.size() > PAGE
                ? new Page(
                        lines.subList(0, PAGE), Optional.of(lines.get(PAGE - 1).id()))
                : new Page(lines, Optional.empty());
    }

    Answer show(Asked asked) throws AdminRefusedException {
        Instant now = clock.instant();
        Json.Members shown = asked.ask("hold.show", Json.object().with("hold", asked.id()));
        HoldView hold = HoldView.of(shown, around(asked, shown), now);
        List<Row> rows = minutes(asked, hold);
        List<Line> similar = similar(asked, hold);
        String done = asked.field("done").orElse("");
        Optional<GlassPages.Rule> glass = hold.mayBreak(now)
                ? GlassPages.rule(asked).filter(rule -> hold.isOpen() || rule.waivesWait())
                : Optional.empty();
        Layout layout = new Layout("Hold: " + hold.title(), "/holds", asked.session());
        return Answer.page(Templates.render((output, none) ->
                JteholdGenerated.render(output, none, layout, hold, glass, rows, similar, now, done)));
    }

    /** Returns the resource's users. They are not in the statement, and are shown beside it as current knowledge. */
    private static List<Json.Members> around(Asked asked, Json.Members shown) throws AdminRefusedException {
        List<Json.Members> around = new ArrayList<>();
        for (String resource :
                HoldView.resources(shown).stream().limit(MAX_AROUND).toList()) {
            Json.Members query =
                    Json.object().with("upstream", shown.text("upstream")).with("resource", resource);
            around.addAll(asked.ask("inventory.dependents", query).objects("services"));
        }
        return around;
    }

    /** Returns the agent's calls before the hold; its later calls are on the live page. */
    private static List<Row> minutes(Asked asked, HoldView hold) throws AdminRefusedException {
        Instant opened = Shown.instant(hold.opened().iso()).orElse(Instant.EPOCH);
        Json.Members query = Json.object()
                .with("lease", hold.lease())
                .with("from", opened.minus(MINUTES).toString())
                .with("until", opened.plus(MINUTES).toString())
                .with("limit", MAX_READ);
        return Row.calls(asked.ask("receipts", query).objects("receipts")).stream()
                .filter(row -> !row.kind().equals("admin") && !row.hold().equals(hold.id()))
                .filter(row -> Shown.instant(row.iso())
                        .filter(at -> !at.isAfter(opened))
                        .isPresent())
                .limit(MAX_ROWS)
                .toList();
    }

    private static List<Line> similar(Asked asked, HoldView hold) throws AdminRefusedException {
        Json.Members query = Json.object().with("state", "ended").with("limit", MAX_LOOKED_AT);
        return asked.ask("hold.list", query).objects("holds").stream()
                .map(Line::of)
                .filter(line -> !line.id().equals(hold.id()))
                .filter(line -> line.covers().stream().anyMatch(hold.covers()::contains)
                        || line.agent().equals(hold.agent()))
                .limit(MAX_SIMILAR)
                .toList();
    }

    /** Narrows an elevation to what is ticked. Each box is a field of its own, because a field may occur once. */
    Answer narrow(Asked asked) throws AdminRefusedException {
        Json.Members arguments = Json.object()
                .with("hold", asked.id())
                .withTexts("environments", ticked(asked, "environment-"))
                .withTexts("impacts", ticked(asked, "impact-"));
        Optional<String> minutes = asked.field("minutes");
        return asked.act(
                "hold.narrow",
                minutes.isEmpty() ? arguments : arguments.with("minutes", Long.parseLong(minutes.get())),
                "/holds/" + asked.id());
    }

    private static List<String> ticked(Asked asked, String prefix) {
        List<String> ticked = asked.fields().keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .sorted()
                .toList();
        if (ticked.isEmpty()) {
            throw new IllegalArgumentException("nothing would be left of the request: deny it " + "instead");
        }
        return ticked;
    }

    Answer deny(Asked asked) throws AdminRefusedException {
        return asked.act(
                "hold.deny",
                Json.object()
                        .with("hold", asked.id())
                        .with("reason", asked.field("reason").orElse("")),
                "/holds/" + asked.id() + "?done=denied");
    }

    /** Returns the exact statement that a passkey has to sign. */
    Answer options(Asked asked) throws AdminRefusedException {
        Json.Members arguments = Json.object().with("hold", asked.id()).with("person", asked.signer());
        return new Answer.Data(200, asked.ask("sign.options", arguments));
    }

    Answer sign(Asked asked) throws AdminRefusedException {
        Json.Members arguments = Json.object()
                .with("hold", asked.id())
                .with("signature", asked.fields().getOrDefault("signature", ""));
        // Not stripped: a person who types something else has to be informed.
        String typed = asked.fields().getOrDefault("typed_name", "");
        Json.Members result = asked.ask("hold.sign", typed.isEmpty() ? arguments : arguments.with("typed_name", typed));
        return new Answer.Data(200, result);
    }
}
