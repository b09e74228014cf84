package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.admin.Peer;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PagesTest {

    /** A text that reverses the following characters, ends a script, starts an image, imitates ASCII, and is long. */
    private static final String HOSTILE =
            "\u202e</script><img src=x onerror=alert(1)>'\"&\u0000\u200b p\u0430ypal " + "x".repeat(4_000) + "END";

    private static final Peer ANN = new Peer("ann", new Peer.SignInMethod.Passkey("Y3JlZA"));

    private final TestingClock clock = new TestingClock();
    private final RecordingCommands commands = new RecordingCommands();
    private int port;
    private Sessions sessions;
    private Console console;
    private Browser ann;

    @BeforeEach
    void open() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        URI origin = URI.create("http://localhost:" + port);
        sessions = new Sessions(origin, () -> {}, clock, new SecureRandom(), _ -> true);
        console = Console.start(
                new Console.ConsoleAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), origin, Optional.empty()),
                commands,
                sessions,
                clock);
        commands.answer("receipts.count", Json.object().with("quarters", list()));
        commands.answer("drill.list", Json.object().with("reports", list()));
        ann = Browser.at(port).with("Cookie", "interlock=" + sessions.open(ANN, Browser.NAME));
    }

    @AfterEach
    void close() {
        console.close();
    }

    private static Json.Members fact(String name, String provenance) {
        return Json.object().with("name", name).with("value", HOSTILE).with("provenance", provenance);
    }

    private static Json list(Json... items) {
        return new Json.Array(List.of(items));
    }

    private static Json.Members action() {
        Json.Members resource = Json.object()
                .with("id", "railway:volume/" + HOSTILE)
                .withTexts("environments", List.of(HOSTILE))
                .with("known", true)
                .with("provenance", "resolved");
        return Json.object()
                .with("operation", "railway/" + HOSTILE)
                .withTexts("impacts", List.of("destroy"))
                .with("reversibility", "irreversible")
                .with("resources", list(resource))
                .with("facts", list(fact("effect", "sealed"), fact("safer", "sealed"), fact("argument", "claimed")));
    }

    private static Json.Members backup(String id) {
        return Json.object()
                .with("id", id + HOSTILE)
                .with("of", "railway:volume/" + HOSTILE)
                .with("taken_at", "2026-11-19T08:00:00Z")
                .with("domain", HOSTILE)
                .with("provenance", "resolved");
    }

    private static Json.Members radius() {
        return Json.object()
                .withTexts("environments", List.of(HOSTILE))
                .withTexts("lost", List.of("railway:volume/" + HOSTILE))
                .with("lost_backups", list(backup("one")))
                .with("survivors", list(backup("two")))
                .withTexts("notes", List.of(HOSTILE));
    }

    private static Json.Members line(String id) {
        return Json.object()
                .with("id", id)
                .with("set", Json.object().with("id", id).with("asks", HOSTILE).with("size", 1));
    }

    private static Json.Members line() {
        return line("H-01")
                .with("state", "open")
                .with("summary", HOSTILE)
                .with("agent", HOSTILE)
                .with("person", HOSTILE)
                .with("task", HOSTILE)
                .with("upstream", HOSTILE)
                .with("opened_at", "2026-11-20T08:00:00Z")
                .with("sign_by", "2026-11-20T09:00:00Z")
                .withTexts("missing", List.of(HOSTILE))
                .withTexts("signers", List.of(HOSTILE))
                .withTexts("covers", List.of(HOSTILE))
                .with("ending", HOSTILE);
    }

    private static Json.Members hold() {
        return hold(action());
    }

    private static Json.Members hold(Json.Members action) {
        return hold(action, radius());
    }

    private static Json.Members hold(Json.Members action, Json.Members radius) {
        Json.Members statement = Json.object()
                .with("summary", HOSTILE)
                .with("agent", HOSTILE)
                .with("person", HOSTILE)
                .with("task", HOSTILE)
                .with("upstream", HOSTILE)
                .with("lease", HOSTILE)
                .with("opened_at", "2026-11-20T08:00:00Z")
                .with("meaning", Json.object().with("actions", list(action)).with("radius", radius))
                .with("meaning_sha256", "00")
                .with("seal", "00")
                .with("obligations", Json.object().withTexts("confirm", List.of("2 of owners")))
                .with(
                        "request",
                        Json.object()
                                .with("method", "POST")
                                .with("authority", HOSTILE)
                                .with("path", HOSTILE)
                                .with("query", list(list(new Json.Text(HOSTILE), new Json.Text(HOSTILE))))
                                .with("headers", list(list(new Json.Text("x-api-key"), new Json.Text("hunter2")))));
        return line().with("statement", statement.canonicalText())
                .with("words", "one two three")
                .with("rendering", HOSTILE)
                .with("kind", "call")
                .with("body", list(Json.object().with("kind", "text").with("text", HOSTILE)))
                .with("name_to_type", "railway:volume/x");
    }

    private static Json.Members receipt() {
        return Json.object()
                .with("type", "interlock-receipt@v1")
                .with("id", "R-01")
                .with("kind", "held")
                .with("at", "2026-11-20T08:00:00Z")
                .with("agent", HOSTILE)
                .with("task", HOSTILE)
                .with("reason", HOSTILE)
                .with("actions", list(action()))
                .with("radius", radius())
                .withTexts("policies", List.of(HOSTILE));
    }

    private void isInert(String path) throws IOException {
        Browser.Page page = ann.get(path);
        assertThat(page.status()).as(page.body()).isEqualTo(200);
        assertThat(page.body())
                .doesNotContain("</script><img", "<img", "onerror=alert(1)>'", "\u202e", "\u200b", "\u0000", "\u0430")
                .contains("\\u{202e}", "\\u{430}", "x".repeat(4_000) + "END");
    }

    @Test
    void hostileNamesAreShownEscaped() throws IOException {
        commands.answer("hold.show", hold());
        commands.answer("hold.list", Json.object().with("holds", list(line())));
        commands.answer("grant.list", Json.object().with("grants", list()));
        commands.answer("hold.count", Json.object().with("open", 1).with("signed", 0));
        commands.answer("receipts", Json.object().with("receipts", list(receipt())));
        commands.answer("receipt.show", Json.object().with("receipt", receipt()));
        commands.answer(
                "inventory.dependents",
                Json.object()
                        .with(
                                "services",
                                list(Json.object().with("service", HOSTILE).with("environment", HOSTILE))));
        commands.answer("kill.list", Json.object().with("kills", list(kill())));
        commands.answer("freeze.list", Json.object().with("freezes", list(freeze())));
        commands.answer("lease.list", Json.object().with("leases", list(lease())));
        commands.answer("backup.status", backups());
        commands.answer("agent.list", agents());
        for (String path : List.of(
                "/holds",
                "/holds/H-01",
                "/live",
                "/receipts",
                "/receipts/R-01",
                "/agents",
                "/backups",
                "/freezes/F-01")) {
            isInert(path);
        }
        assertThat(ann.get("/agents").body())
                .contains("destroyed it, <time datetime=\"2026-11-20T08:00:00Z\">")
                .contains("since <time datetime=\"2026-11-20T08:00:00Z\">");
    }

    private static Json.Members backups() {
        Json.Members way = Json.object()
                .with("way", HOSTILE)
                .with("red", true)
                .withTexts("why", List.of(HOSTILE))
                .with("backup", HOSTILE)
                .with("age_seconds", 7200)
                .with("restored_at", "2026-11-20T07:00:00Z");
        Json.Members said = Json.object().with("restored", false).withTexts("wrong", List.of(HOSTILE));
        Json.Members judged = Json.object().with("red", true).with("target_seconds", 60);
        Json.Members resource = Json.object()
                .with("resource", "railway:volume/" + HOSTILE)
                .withTexts("environments", List.of(HOSTILE))
                .withTexts("plans", List.of(HOSTILE))
                .withTexts("domains", List.of(HOSTILE))
                .with("red", true)
                .with("ways", list(way))
                .with("point", judged)
                .with("time", judged)
                .with("practice", judged.with("seconds", 60))
                .withTexts("apart_by_seal_alone", List.of(HOSTILE))
                .withTexts("moved", List.of(HOSTILE))
                .with("last_tried", said.with("tried_at", HOSTILE))
                .with("last_practised", said.with("by", HOSTILE));
        return Json.object()
                .with("now", "2026-11-20T08:00:00Z")
                .with("resources", list(resource))
                .with("unsigned", list(unsigned()))
                .withTexts("not_known", List.of(HOSTILE));
    }

    /** Nobody knows a volume by its identifier. */
    @Test
    void peoplesNamesTakeThePlaceOfIdentifiers() throws IOException {
        Json.Members action = action().with(
                        "resources",
                        list(Json.object()
                                .with("id", "railway:volume/3f-1")
                                .withTexts("environments", List.of("staging"))));
        Json.Members call = receipt()
                .with("kind", "intent")
                .with("agent", "ann/agent")
                .with("actions", list(action.with("operation", "railway/volume")))
                .with(
                        "radius",
                        Json.object()
                                .withTexts("environments", List.of("staging"))
                                .withTexts("lost", List.of())
                                .with("lost_backups", list()));
        commands.answer("receipts", Json.object().with("receipts", list(call)));
        commands.answer("kill.list", Json.object().with("kills", list()));
        commands.answer("hold.count", Json.object().with("open", 0).with("signed", 0));
        commands.answer(
                "freeze.list",
                Json.object().with("freezes", list(freeze().withTexts("resources", List.of("railway:volume/3f-1")))));
        commands.answer("lease.list", Json.object().with("leases", list()));
        commands.answer("agent.list", Json.object().with("agents", list()));
        commands.answer(
                "inventory.names", Json.object().with("names", Json.object().with("railway:volume/3f-1", "pgdata")));
        commands.answer(
                "backup.status",
                backups()
                        .with(
                                "resources",
                                list(backups()
                                        .objects("resources")
                                        .getFirst()
                                        .with("resource", "railway:volume/3f-1"))));
        for (String path : List.of("/live", "/agents", "/backups")) {
            assertThat(ann.get(path).body()).as(path).contains("pgdata");
        }
        assertThat(ann.get("/live").body()).doesNotContain("3f-1");
        for (String path : List.of("/agents", "/backups")) { // two things can have one name
            assertThat(ann.get(path).body()).as(path).contains("pgdata (3f-1)");
        }
    }

    private static Json.Members quarter(String from, long passed, long asked, long denied) {
        return Json.object()
                .with("from", from)
                .with("passed", passed)
                .with("asked", asked)
                .with("denied", denied);
    }

    /** The test's clock says 2026-11-20, in the morning. In Kathmandu, 5:45 ahead, that day began earlier. */
    @Test
    void theDayIsTheReaders() throws IOException {
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("kill.list", Json.object().with("kills", list()));
        commands.answer("hold.count", Json.object().with("open", 0).with("signed", 0));
        commands.answer(
                "receipts.count",
                Json.object()
                        .with(
                                "quarters",
                                list(
                                        quarter("2026-11-20T01:00:00Z", 7, 1, 0),
                                        quarter("2026-11-20T01:30:00Z", 1_000, 0, 2)))
                        .with("median_seconds", 150));
        String utc = ann.get("/live").body();
        assertThat(utc)
                .contains(
                        "<th scope=\"row\">01:00</th><td>1007</td><td>1</td><td>2</td>",
                        "<strong>1007</strong> passed",
                        "<strong>2</strong> denied",
                        "passed, by hour: most from 01:00 on, which had 1007",
                        "People answered in 2 minutes (median)")
                .doesNotContain("<th scope=\"row\">02:00</th>");
        assertThat(asked()).startsWith("2026-11-20T00:00:00Z");
        String session = "interlock=" + sessions.open(ANN, Browser.NAME) + "; zone=";
        String kathmandu = Browser.at(port)
                .with("Cookie", session + "Asia/Kathmandu")
                .get("/live")
                .body();
        assertThat(kathmandu)
                .contains(
                        "Asia/Kathmandu",
                        "<th scope=\"row\">06:00</th><td>7</td><td>1</td><td>0</td>",
                        "<th scope=\"row\">07:00</th><td>1000</td><td>0</td><td>2</td>");
        assertThat(asked()).startsWith("2026-11-19T18:15:00Z");
        for (String planted : List.of("Mars/Base", "../../etc", "<script>", "+99:99", "")) {
            assertThat(Browser.at(port)
                            .with("Cookie", session + planted)
                            .get("/live")
                            .body())
                    .contains(" UTC</h2>");
        }
    }

    private String asked() {
        return commands.calls.stream()
                .filter(call -> call.command().equals("receipts.count"))
                .toList()
                .getLast()
                .arguments()
                .text("from");
    }

    /** Half of all rows would be about the model. A refused call is a row of its own. */
    @Test
    void permittedCallsToTheModelAreOneRowOfEachAgent() throws IOException {
        Json.Members asked = receipt()
                .with("kind", "intent")
                .with("agent", "ann/agent")
                .with("task", "work")
                .with(
                        "actions",
                        list(Json.object()
                                .with("operation", "anthropic/messages")
                                .withTexts("impacts", List.of("read"))
                                .with("resources", list())
                                .with("facts", list())));
        commands.answer(
                "receipts",
                Json.object()
                        .with(
                                "receipts",
                                list(
                                        asked.with("id", "R-06")
                                                .with(
                                                        "actions",
                                                        list(asked.objects("actions")
                                                                .getFirst()
                                                                .withTexts("impacts", List.of("execute")))),
                                        asked.with("id", "R-05"),
                                        asked.with("id", "R-04")
                                                .with("kind", "refused")
                                                .with("refusal", "denied"),
                                        asked.with("id", "R-03"),
                                        asked.with("id", "R-02").with("agent", "ann/other"),
                                        asked.with("id", "R-01")
                                                .with("task", "doctor")
                                                .with("kind", "refused")
                                                .with("refusal", "denied")
                                                .without(List.of("actions")))));
        commands.answer("kill.list", Json.object().with("kills", list()));
        commands.answer("hold.count", Json.object().with("open", 0).with("signed", 0));
        assertThat(ann.get("/live").body())
                .containsOnlyOnce("Ask its model, 2 times")
                .contains("id=\"R-06\"", "id=\"R-05\"", "id=\"R-04\"", "id=\"R-02\"", "Self-test by interlock doctor")
                .doesNotContain("id=\"R-03\"");
    }

    @Test
    void aMovedSourceIsShown() throws IOException {
        Json.Members resource = backups().objects("resources").getFirst();
        commands.answer(
                "backup.status",
                backups()
                        .with(
                                "resources",
                                list(
                                        resource.withTexts("moved", List.of("from here to there")),
                                        resource.withTexts("moved", List.of()))));
        assertThat(ann.get("/backups").body())
                .containsOnlyOnce("the latest backup has another source or target than before")
                .containsOnlyOnce("Source or target changed")
                .containsOnlyOnce("from here to there");
    }

    @Test
    void anUnverifiedSeparationIsShown() throws IOException {
        Json.Members resource = backups().objects("resources").getFirst();
        commands.answer(
                "backup.status",
                backups()
                        .with(
                                "resources",
                                list(
                                        resource.withTexts("apart_by_seal_alone", List.of("shop-db/b1")),
                                        resource.withTexts("apart_by_seal_alone", List.of()))));
        assertThat(ann.get("/backups").body())
                .containsOnlyOnce("only according to the seal: its location could not be checked")
                .containsOnlyOnce("shop-db/b1");
    }

    /** A person who signed a timer's rehearsal has shown nothing about themselves. */
    @Test
    void skippedStepsOfARehearsalAreShown() throws IOException {
        Json.Members whole = backups().objects("resources").getFirst();
        Json.Members judged = Json.object().with("red", false).with("seconds", 60);
        Json.Members resource = whole.with("practice", judged.with("skipped", 2).with("steps", 5))
                .with("time", judged.with("by", "restore"))
                .with(
                        "last_practised",
                        whole.object("last_practised").with("restored", true).with("took_seconds", 77));
        commands.answer("backup.status", backups().with("resources", list(resource)));
        assertThat(ann.get("/backups").body())
                .contains("2 of 5 steps were skipped", "for the restore alone")
                .doesNotContain("as rehearsed");
        commands.answer(
                "backup.status",
                backups()
                        .with(
                                "resources",
                                list(resource.with("practice", judged).with("time", judged.with("by", "both")))));
        assertThat(ann.get("/backups").body())
                .contains("for the restore alone, longer than the whole rehearsal took")
                .doesNotContain("steps were skipped");
    }

    private static Json.Members unsigned() {
        Json.Members step = Json.object().with("step", HOSTILE).with("took_ms", 4_000);
        return Json.object()
                .with("id", "P-0123")
                .with("plan", HOSTILE)
                .with("backup", HOSTILE)
                .with("practised_at", "2026-11-20T07:00:00.123456789Z")
                .with("took_seconds", 60)
                .withTexts("wrong", List.of(HOSTILE))
                .with(
                        "steps",
                        list(
                                step.with("result", "done"),
                                step.with("result", "skipped"),
                                step.with("result", "failed")))
                .with("handed_in_by", HOSTILE)
                .with("handed_in_at", "2026-11-20T07:30:00Z")
                .with("words", "dabik-fuboz");
    }

    @Test
    void onlyAPasskeyHolderCanSignARehearsal() throws IOException {
        commands.answer("backup.status", backups());
        String page = ann.get("/backups").body();
        assertThat(page)
                .contains(
                        "data-sign=\"/backups/P-0123/sign\"",
                        "data-words=\"dabik-fuboz\"",
                        "2026-11-20 07:00:00</time>",
                        "skipped")
                .doesNotContain("123456789</time>");
        Browser byCode = Browser.at(port)
                .with(
                        "Cookie",
                        "interlock="
                                + sessions.open(new Peer("root", new Peer.SignInMethod.OneTimeCode()), Browser.NAME));
        assertThat(byCode.get("/backups").body())
                .contains("to sign, sign in with your passkey")
                .doesNotContain("/backups/P-0123/sign");
    }

    private static Json.Members agents() {
        Json.Members agent = Json.object()
                .with("agent", HOSTILE)
                .with("owner", HOSTILE)
                .withTexts("teams", List.of(HOSTILE))
                .with("state", "suspended")
                .with("why", HOSTILE)
                .with("review_by", HOSTILE)
                .with("overdue", true)
                .with("leases", 0);
        return Json.object().with("agents", list(agent)).withTexts("people", List.of(HOSTILE));
    }

    private static Json.Members freeze() {
        return Json.object()
                .with("freeze", "F-01")
                .with("intent", "R-01")
                .withTexts("resources", List.of(HOSTILE))
                .with("agent", HOSTILE)
                .with("since", "2026-11-20T08:00:00Z");
    }

    /** With a thousand waiting holds a page reads as many as a person reads through, and Live reads none. */
    @Test
    void holdsArePaged() throws IOException {
        List<Json> many = new ArrayList<>();
        for (int i = 0; i < 51; i++) {
            many.add(line().with("id", "H-" + (100 + i))
                    .with("set", line("H-" + (100 + i)).object("set")));
        }
        commands.answer("hold.list", Json.object().with("holds", new Json.Array(many)));
        commands.answer("grant.list", Json.object().with("grants", list()));
        commands.answer("hold.count", Json.object().with("open", 1_000).with("signed", 0));
        commands.answer("kill.list", Json.object().with("kills", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        assertThat(ann.get("/holds").body())
                .contains("1000 holds", "href=\"/holds?after=H-149\"", "href=\"/holds/H-149\"")
                .doesNotContain("href=\"/holds/H-150\"");
        assertThat(commands.calls)
                .filteredOn(call -> call.command().equals("hold.list"))
                .allMatch(call -> call.arguments().whole("limit") == 51);
        commands.calls.clear();
        assertThat(ann.get("/holds?after=H-149").status()).isEqualTo(200);
        assertThat(commands.calls)
                .filteredOn(call -> call.command().equals("hold.list"))
                .singleElement()
                .satisfies(call -> {
                    assertThat(call.arguments().text("after")).isEqualTo("H-149");
                    assertThat(call.arguments().text("state")).isEqualTo("live");
                });
        commands.calls.clear();
        assertThat(ann.get("/live").body()).contains("1000 holds");
        assertThat(commands.calls).extracting(RecordingCommands.Call::command).doesNotContain("hold.list");
    }

    /** The list of what waits has one line for a set, and its page one signature for all of its calls. */
    /** On a phone what stands below the answer is read by nobody. */
    @Test
    void theEffectStandsAboveTheAnswer() throws IOException {
        Json.Members effect = Json.object()
                .with("name", "effect")
                .with("value", "Empties the file.")
                .with("provenance", "sealed");
        commands.answer("hold.show", hold(action().with("facts", list(effect))));
        commands.answer("hold.list", Json.object().with("holds", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("inventory.dependents", Json.object().with("services", list()));
        String page = ann.get("/holds/H-01").body();
        assertThat(page.indexOf("Empties the file."))
                .isPositive()
                .isBetween(page.indexOf("What it would destroy"), page.indexOf("What it does"))
                .isEqualTo(page.lastIndexOf("Empties the file."));
    }

    private static Json.Members pushed(String name, String value) {
        return Json.object()
                .with("name", "argument.push." + name)
                .with("value", value)
                .with("provenance", "resolved");
    }

    /** An ordinary push loses nothing: the page says what changes, in words. */
    @Test
    void aPushSaysWhatChangesAndLosesNothing() throws IOException {
        Json.Members push = action().withTexts("impacts", List.of("execute", "write"))
                .with(
                        "facts",
                        list(
                                pushed("newest", "[\"1f2e3d4 Fix the total, by Ann\",\"and 2 more\"]"),
                                pushed("files", "[\"src/a.ts\",\".github/workflows/ci.yml\"]"),
                                pushed("paths", "[\"src/a.ts\",\".github/workflows/ci.yml\"]"),
                                pushed("runs", "[\".github/workflows/ci.yml\"]"),
                                pushed("lost", "0"),
                                pushed("people", "[]"),
                                pushed("", "File .github/workflows/ci.yml\n@@ -1 +1 @@\n-run: a\n+run: <b>\n")
                                        .with("name", "diff"),
                                pushed("", "File made-up.yml\n+run: a\n")
                                        .with("name", "diff")
                                        .with("provenance", "claimed")));
        commands.answer(
                "hold.show",
                hold(
                        push,
                        radius().withTexts("lost", List.of())
                                .with("lost_backups", list())
                                .with("survivors", list())));
        commands.answer("hold.list", Json.object().with("holds", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("inventory.dependents", Json.object().with("services", list()));
        String page = ann.get("/holds/H-01").body();
        assertThat(page.substring(0, page.indexOf("Everything that a signature covers")))
                .contains(
                        "<li>1f2e3d4 Fix the total, by Ann</li>",
                        "<li>and 2 more</li>",
                        "Files that machines run",
                        "Files that its commits change",
                        "<li>src/a.ts</li>",
                        "What it touches",
                        "<h3 class=\"id\">.github/workflows/ci.yml</h3>",
                        "<span class=\"less\">- run: a</span>",
                        "<span class=\"more\">+ run: &lt;b&gt;</span>")
                .doesNotContain(
                        "would be gone", "What it would destroy", "argument.push", "Whose they are", "differ after");
        assertThat(page).as("what the agent claims").doesNotContain("<h3 class=\"id\">made-up.yml</h3>");
        assertThat(page.indexOf("What changes")).isPositive().isLessThan(page.indexOf("What it touches"));
        assertThat(page.indexOf("<summary>What would be sent")).isPositive();
    }

    /** What is signed ends sooner than what waits for a signature. */
    @Test
    void aSignedHoldEndsWhenItCannotBeUsedAnyMore() throws IOException {
        commands.answer(
                "hold.list",
                Json.object()
                        .with(
                                "holds",
                                list(line().with("state", "signed")
                                        .with("usable_until", "2026-11-20T08:20:00Z")
                                        .withTexts("covers", List.of("notes/delete on notes:note/d15b05ab")))));
        commands.answer("hold.count", Json.object().with("open", 0).with("signed", 1));
        commands.answer("grant.list", Json.object().with("grants", list()));
        assertThat(ann.get("/holds").body())
                .contains("data-until=\"2026-11-20T08:20:00Z\"")
                .doesNotContain("data-until=\"2026-11-20T09:00:00Z\"")
                .as("people read what it was, not an identifier")
                .doesNotContain("d15b05ab");
    }

    @Test
    void aSetIsOnePage() throws IOException {
        Json.Members set = Json.object()
                .with("id", "S-01")
                .with("asks", "2 calls: " + HOSTILE)
                .with("size", 2);
        commands.answer(
                "hold.list",
                Json.object()
                        .with(
                                "holds",
                                list(
                                        line().with("set", set),
                                        line().with("set", set).with("id", "H-02"))));
        commands.answer("hold.count", Json.object().with("open", 2).with("signed", 0));
        commands.answer(
                "grant.list",
                Json.object()
                        .with(
                                "grants",
                                list(Json.object()
                                        .with("id", "G-01")
                                        .with("hold", "H-03")
                                        .with("like", HOSTILE)
                                        .with("agent", HOSTILE)
                                        .with("task", HOSTILE)
                                        .withTexts("signers", List.of(HOSTILE))
                                        .with("calls", 20)
                                        .with("used", 3)
                                        .with("until", "2026-11-20T18:00:00Z"))));
        isInert("/holds");
        assertThat(ann.get("/holds").body())
                .contains("3 of 20 used", "action=\"/grants/G-01/revoke\"")
                .contains("href=\"/holds/S-01\"", "2 calls: ")
                .doesNotContain("href=\"/holds/H-02\"");
        commands.answer(
                "hold.set",
                Json.object()
                        .with("set", set)
                        .with("statement", "{}")
                        .with("words", "four five six")
                        .with("name_to_type", "2 in staging")
                        .with("holds", list(hold(), hold().with("id", "H-02"))));
        isInert("/holds/S-01");
        assertThat(ann.get("/holds/S-01").body())
                .contains("data-list=\"true\"", "data-words=\"four five six\"", "2 in staging")
                .contains("href=\"/holds/H-01\"", "href=\"/holds/H-02\"", "action=\"/holds/S-01/deny\"");
        commands.answer("hold.sign", Json.object().with("result", "signed"));
        ann.post("/holds/S-01/sign", Map.of("csrf", csrf(), "signature", "{}", "statement", "[1]"));
        assertThat(commands.calls.getLast().arguments().text("statement")).isEqualTo("[1]");
    }

    /** The page of a plan has its steps in their order, and one signature for all. */
    @Test
    void aPlanIsOnePageInItsOrder() throws IOException {
        commands.answer(
                "hold.set",
                Json.object()
                        .with(
                                "set",
                                Json.object()
                                        .with("id", "S-01")
                                        .with("asks", "A plan of 2 steps: " + HOSTILE)
                                        .with("size", 2))
                        .with("statement", "{}")
                        .with("words", "four five six")
                        .with("holds", list(step("H-02", 1), step("H-01", 2))));
        isInert("/holds/S-01");
        String page = ann.get("/holds/S-01").body();
        assertThat(page)
                .containsSubsequence(
                        "A plan of 2 steps: ",
                        "href=\"/holds/H-02\"",
                        "href=\"/holds/H-01\"",
                        "They go in this order, each once",
                        "Sign all 2 with your passkey")
                .doesNotContain("To answer one by itself");
        assertThat(page.split("data-sign=\"", -1)).as("one signature").hasSize(2);
    }

    private static Json.Members step(String id, int step) {
        Json.Members hold = hold();
        Json.Members statement = Json.readObject(hold.text("statement").getBytes(StandardCharsets.UTF_8))
                .with(
                        "plan",
                        Json.object().with("first", "H-02").with("step", step).with("of", 2));
        return hold.with("id", id).with("statement", statement.canonicalText());
    }

    @Test
    void aGrantIsOfferedAsFarAsTheSealAllows() throws IOException {
        commands.answer(
                "hold.show",
                hold().with(
                                "may_grant",
                                Json.object()
                                        .with("calls", 20)
                                        .with("seconds", 8 * 3600)
                                        .with("like", HOSTILE)));
        commands.answer("hold.list", Json.object().with("holds", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("inventory.dependents", Json.object().with("services", list()));
        isInert("/holds/H-01");
        assertThat(ann.get("/holds/H-01").body()).contains("max=\"20\"", "<option value=\"8\">8 h</option>");
        commands.answer(
                "sign.options",
                Json.object()
                        .with("options", Json.object())
                        .with("statement", "{}")
                        .with("words", "a"));
        ann.post("/holds/H-01/options", Map.of("csrf", csrf(), "calls", "5", "until", "2026-11-20T18:00:00Z"));
        assertThat(commands.calls.getLast().arguments().whole("calls")).isEqualTo(5);
    }

    /** Everything that is not ticked is removed; the command decides whether the result is narrower. */
    @Test
    void anElevationIsNarrowedToTheTickedScopes() throws IOException {
        Json.Members gift = Json.object()
                .withTexts("environments", List.of("production", "staging"))
                .withTexts("impacts", List.of("read", "write"))
                .withTexts("resources", List.of())
                .with("minutes", 15);
        commands.answer("hold.show", hold().with("kind", "elevation").with("elevation", gift));
        commands.answer("hold.list", Json.object().with("holds", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("inventory.dependents", Json.object().with("services", list()));
        commands.answer("hold.narrow", Json.object());
        assertThat(ann.get("/holds/H-01").body())
                .contains("name=\"environment-staging\" checked", "name=\"impact-write\" checked");
        commands.calls.clear();
        Map<String, String> form =
                Map.of("csrf", csrf(), "environment-staging", "on", "impact-read", "on", "minutes", "5");
        assertThat(ann.post("/holds/H-01/narrow", form).status()).isEqualTo(303);
        assertThat(commands.calls).singleElement().satisfies(call -> {
            assertThat(call.command()).isEqualTo("hold.narrow");
            assertThat(call.arguments().texts("environments")).containsExactly("staging");
            assertThat(call.arguments().texts("impacts")).containsExactly("read");
            assertThat(call.arguments().whole("minutes")).isEqualTo(5);
        });
        assertThat(ann.post("/holds/H-01/narrow", Map.of("csrf", csrf(), "impact-read", "on"))
                        .isSuccess())
                .isFalse();
    }

    private static Json.Members kill() {
        return Json.object()
                .with("kill", "K-01")
                .with("scope", "agent")
                .with("name", HOSTILE)
                .with("reason", HOSTILE)
                .with("by", HOSTILE)
                .with("since", "2026-11-20T08:00:00Z");
    }

    private static Json.Members lease() {
        return Json.object()
                .with("id", "L-01")
                .with("agent", HOSTILE)
                .with("person", HOSTILE)
                .with("task", HOSTILE)
                .with("state", "in force")
                .withTexts("environments", List.of(HOSTILE))
                .withTexts("impacts", List.of("read"))
                .with("expires", "2026-11-20T09:00:00Z");
    }

    @Test
    void secretsAreMasked() throws IOException {
        commands.answer("hold.show", hold());
        commands.answer("hold.list", Json.object().with("holds", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("inventory.dependents", Json.object().with("services", list()));
        assertThat(ann.get("/holds/H-01").body()).contains("x-api-key").doesNotContain("hunter2");
    }

    /** A page shows a text of which people sign the digest, and nothing that somebody has put in its place. */
    @Test
    void aTextIsShownOnlyUnderItsDigest() throws IOException {
        SaltedText sent = new SaltedText("AAECAwQFBgcICQoLDA0ODw", "<img src=x> as sent");
        Json.Members salted = action().with(
                        "facts",
                        list(Json.object()
                                .with("name", "argument.body.title")
                                .with("value", sent.digest())
                                .with("provenance", "claimed")));
        Json.Members held = receipt().with("actions", list(salted)).with("hold", "H-01");
        commands.answer("hold.list", Json.object().with("holds", list()));
        commands.answer("receipts", Json.object().with("receipts", list()));
        commands.answer("inventory.dependents", Json.object().with("services", list()));
        for (SaltedText kept : List.of(sent, new SaltedText(sent.salt(), "as changed"))) {
            commands.answer("hold.show", hold(salted).with("texts", list(kept.json())));
            commands.answer("receipt.show", Json.object().with("receipt", held).with("texts", list(kept.json())));
            for (String page : List.of("/holds/H-01", "/receipts/R-01")) {
                String body = ann.get(page).body();
                assertThat(body).doesNotContain("as changed", "<img");
                assertThat(body.contains("&lt;img src=x&gt; as sent")).as(page).isEqualTo(kept.equals(sent));
                assertThat(body.contains("(not kept here any more; the log has its digest, " + sent.digest()))
                        .as(page)
                        .isEqualTo(!kept.equals(sent));
            }
        }
    }

    /** The policy page shows every demand that the seal drops. */
    @Test
    void weakerBackupRequirementsAreRed() throws IOException {
        Json.Members payload = Json.object()
                .with("sequence", 2)
                .with("organisation", "acme")
                .with("sealed_at", "2026-11-20T08:00:00Z")
                .with("expires", "2026-12-20T08:00:00Z")
                .with("policies", list());
        commands.answer(
                "seal.show",
                Json.object()
                        .with("seal", "00".repeat(32))
                        .with("payload", payload)
                        .withTexts("signed_by", List.of("SHA256:x"))
                        .withTexts("loosened", List.of("plan `" + HOSTILE + "` is gone")));
        assertThat(ann.get("/policy").body())
                .contains("Weaker backup requirements than in the previous seal", "<li class=\"lost\">plan ")
                .doesNotContain(HOSTILE);
    }

    @Test
    void drillResultsAreShownWithRedSteps() throws IOException {
        Json.Members step = Json.object().with("name", "direct").with("expected", "no arrival");
        Json.Members report = Json.object()
                .with("drill", HOSTILE)
                .with("at", "2026-11-20T08:00:00Z")
                .with("took_millis", 9_876)
                .with("control_destroyed", true)
                .with("guarded_destroyed", false)
                .withTexts("red", List.of())
                .with("steps", new Json.Array(List.of(step.with("got", "no arrival"))))
                .with(
                        "backups",
                        new Json.Array(List.of(Json.object()
                                .with("when", "in January")
                                .with("red", true)
                                .with("words", HOSTILE))))
                .with("receipts", 33)
                .with("verified", true)
                .with("tamper_detected", true)
                .with("receipt", "R-01");
        Json.Members red = report.withTexts("red", List.of("direct"))
                .with("drill", "pocketos")
                .with("steps", new Json.Array(List.of(step.with("got", "ARRIVED"))));
        Json.Members nothing = report.with("control_destroyed", false);
        Json.Members judged = report.with(
                "policy",
                Json.object()
                        .with("seal", "00ff")
                        .with("sha256", "11")
                        .with("summary", "24 incidents " + HOSTILE)
                        .with("next", "2026-12-20T08:00:00Z"));
        commands.answer(
                "drill.list", Json.object().with("reports", new Json.Array(List.of(red, report, nothing, judged))));
        String page = ann.get("/drills").body();
        assertThat(page)
                .containsSubsequence(
                        "pocketos</span> <span class=\"pill bad\">red: direct",
                        "<dd class=\"lost\">ARRIVED<span class=\"sub\">expected: no arrival",
                        "<span class=\"pill good\">all attacks refused",
                        "<dd class=\"survives\">no arrival</dd>",
                        "<span class=\"pill bad\">red: nothing was shown",
                        "24 incidents",
                        "Seal 00ff; the next is due on 2026-12-20 08:00")
                .contains("9.9 s", "33 receipts, verified offline", "href=\"/receipts/R-01\"")
                .doesNotContain(HOSTILE);
        commands.answer("drill.list", Json.object().with("reports", list()));
        assertThat(ann.get("/drills").body()).contains("This gateway has no drill reports yet.");
    }

    @Test
    void thePageAboutKeysShowsAPersonsDevices() throws IOException {
        Json.Members device = Json.object()
                .with("id", "D-0123456789abcdef01234567")
                .with("person", "ann")
                .with("label", HOSTILE)
                .with("service", "web.push.apple.com")
                .with("since", "2026-11-20T08:00:00Z");
        commands.answer("passkey.list", Json.object().with("keys", list()));
        commands.answer("device.list", Json.object().with("key", "BOgateways").with("devices", list(device)));
        String page = ann.get("/keys").body();
        assertThat(page)
                .contains("data-key=\"BOgateways\"", "/devices/D-0123456789abcdef01234567/remove", "web.push.apple.com")
                .doesNotContain(HOSTILE);
        commands.forget("device.list");
        assertThat(ann.get("/keys").body())
                .contains("Create a passkey", "Nothing is laid out for that. Lay it out.")
                .doesNotContain("data-key");
        commands.answer("device.list", Json.object().with("key", "BOgateways").with("devices", list(device)));
        Peer code = new Peer("root", new Peer.SignInMethod.OneTimeCode());
        assertThat(Browser.at(port)
                        .with("Cookie", "interlock=" + sessions.open(code, Browser.NAME))
                        .get("/keys")
                        .body())
                .contains("A code names no person")
                .doesNotContain("data-key");
    }

    @Test
    void aDeviceIsAddedAndRemovedInThePersonsName() throws IOException {
        String csrf = csrf();
        commands.answer("device.add", Json.object());
        commands.answer("device.remove", Json.object().with("recorded", true));
        assertThat(ann.post("/devices/add", Map.of("csrf", csrf, "label", "phone", "subscription", "{}"))
                        .status())
                .isEqualTo(200);
        assertThat(ann.post("/devices/D-01/remove", Map.of("csrf", csrf)).header("Location"))
                .isEqualTo("/keys");
        assertThat(commands.calls)
                .extracting(call -> call.peer().person().orElse("") + " " + call.command() + " " + call.arguments())
                .hasSize(2)
                .allMatch(call -> call.startsWith("ann device."));
        assertThat(commands.calls.getFirst().arguments())
                .isEqualTo(Json.object().with("label", "phone").with("subscription", "{}"));
        assertThat(commands.calls.getLast().arguments()).isEqualTo(Json.object().with("device", "D-01"));
    }

    @Test
    void everyAnswerHasStrictSecurityHeaders() throws IOException {
        for (String path : List.of("/signin", "/nowhere", "/assets/console.css", "/worker.js", "/drills")) {
            Browser.Page page = ann.get(path);
            assertThat(page.header("Content-Security-Policy"))
                    .as(path)
                    .isEqualTo("default-src 'none'; script-src 'self'; worker-src 'self'; manifest-src 'self';"
                            + " style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self';"
                            + " frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script';"
                            + " trusted-types worker");
            assertThat(page.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(page.header("Referrer-Policy")).isEqualTo("same-origin");
            assertThat(page.header("Cross-Origin-Opener-Policy")).isEqualTo("same-origin");
            assertThat(page.header("Cross-Origin-Resource-Policy")).isEqualTo("same-origin");
            assertThat(page.header("Server")).isEmpty();
            assertThat(page.body()).doesNotContain(" style=", " onclick=", "<script>");
        }
    }

    @Test
    void aCookieIsForOurPagesAndNoScript() throws IOException {
        String out = ann.post("/signout", Map.of("csrf", csrf())).header("Set-Cookie");
        assertThat(out).contains("HttpOnly", "SameSite=Strict", "Path=/").doesNotContain("Domain");
    }

    /** The browser sends its binding back after the sign-in at the provider, and the binding is deleted then. */
    @Test
    void theBrowserReturnsItsBindingFromTheProvider() throws IOException {
        commands.answer(
                "login.oidc.start",
                Json.object()
                        .with("address", "https://id.example/auth?state=s")
                        .with("binding", "b1")
                        .with("seconds", 600));
        Browser stranger = Browser.at(port);
        Browser.Page left = stranger.post("/signin/elsewhere", Map.of());
        assertThat(left.head())
                .contains("Set-Cookie: interlock-signin=b1; Path=/; HttpOnly; SameSite=Lax; Max-Age=600\r\n")
                .doesNotContain("Set-Cookie: interlock=");
        commands.answer(
                "login.oidc.callback",
                Json.object()
                        .with("issuer", "https://id.example")
                        .with("subject", "a-1")
                        .with("person", "ann"));
        Browser.Page back = stranger.with("Cookie", "interlock-signin=b0; interlock-signin=b1")
                .with("Sec-Fetch-Site", "cross-site")
                .with("Sec-Fetch-Dest", "document")
                .get("/signin/returned?state=s&code=c-secret&iss=https%3A%2F%2Fid.example&more=x");
        assertThat(commands.calls.getLast().arguments())
                .isEqualTo(Json.object()
                        .withTexts("bindings", List.of("b0", "b1"))
                        .with("state", "s")
                        .with("code", "c-secret")
                        .with("issuer", "https://id.example"));
        assertThat(back.head())
                .contains(
                        "Set-Cookie: interlock-signin=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0\r\n",
                        "; Path=/; HttpOnly; SameSite=Strict\r\n");
        assertThat(back.body()).doesNotContain("c-secret");
    }

    private String csrf() throws IOException {
        String page = ann.get("/drills").body();
        commands.calls.removeIf(call -> call.command().equals("drill.list"));
        String mark = "name=\"csrf\" content=\"";
        int at = page.indexOf(mark) + mark.length();
        return page.substring(at, page.indexOf('"', at));
    }

    @Test
    void tooLargeFormsAreRefused() throws IOException {
        Browser.Page page = ann.post("/holds/H-01/deny", Map.of("reason", "x".repeat(ConsoleHandler.MAX_BODY)));
        assertThat(page.status()).isEqualTo(413);
        assertThat(ann.get("/receipts?agent=" + "x".repeat(20_000)).status()).isBetween(400, 499);
        assertThat(commands.calls).isEmpty();
    }

    @Test
    void aRepeatedFieldIsRefused() throws IOException {
        assertThat(ann.get("/receipts?agent=a&agent=b").status()).isEqualTo(400);
        assertThat(commands.calls).isEmpty();
    }

    @Test
    void anUnlistedAssetIsNotFound() throws IOException {
        for (String path : List.of(
                "/assets/package-info.class",
                "/assets/Console.class",
                "/assets/..",
                "/assets/%2e%2e%2fConsole.class")) {
            assertThat(ann.get(path).isSuccess()).as(path).isFalse();
        }
    }

    @Test
    void anInternalErrorRevealsNothing() throws IOException {
        commands.answer("status", Json.object().with("enforcing", "secret-of-ours"));
        Browser.Page page = ann.get("/status");
        assertThat(page.isSuccess()).isFalse();
        assertThat(page.body()).doesNotContain("secret-of-ours", "Exception", "dev.interlock");
    }
}
