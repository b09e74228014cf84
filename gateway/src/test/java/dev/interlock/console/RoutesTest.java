package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.admin.Peer;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests every route in every forbidden way: nothing is shown, and no command runs. */
class RoutesTest {

    private static final Peer ANN = new Peer("ann", new Peer.SignInMethod.Passkey("Y3JlZA"));

    private final TestingClock clock = new TestingClock();
    private final RecordingCommands commands = new RecordingCommands();
    private int port;
    private Sessions sessions;
    private Console console;
    private Routes routes;

    @BeforeEach
    void open() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        URI origin = URI.create("http://localhost:" + port);
        sessions = new Sessions(origin, () -> {}, clock, new SecureRandom(), _ -> true);
        Console.ConsoleAddress place = new Console.ConsoleAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), origin, Optional.empty());
        console = Console.start(place, commands, sessions, clock);
        commands.answer("drill.list", Json.object().with("reports", new Json.Array(List.of())));
        routes = new Routes(commands, sessions, clock);
    }

    @AfterEach
    void close() {
        console.close();
    }

    private Browser signedIn(Peer peer) {
        return Browser.at(port).with("Cookie", "interlock=" + sessions.open(peer, Browser.NAME));
    }

    private String csrf(Browser browser) throws IOException {
        String page = browser.get("/drills").body();
        commands.calls.removeIf(call -> call.command().equals("drill.list"));
        String mark = "name=\"csrf\" content=\"";
        int at = page.indexOf(mark) + mark.length();
        return page.substring(at, page.indexOf('"', at));
    }

    private static String path(Route route) {
        return route.path().replace("*", route.path().startsWith("/assets") ? "console.css" : "H-01");
    }

    private Browser.Page ask(Browser browser, Route route, Map<String, String> fields) throws IOException {
        return route.method().equals("GET") ? browser.get(path(route)) : browser.post(path(route), fields);
    }

    /** Requests each route in a way that must be refused, and names those that let it pass. */
    private void areRefused(String how, Browser browser, Map<String, String> fields, List<Route> those)
            throws IOException {
        Map<String, Integer> letIn = new TreeMap<>();
        for (Route route : those) {
            int signedIn = signedIn();
            Browser.Page page = ask(browser, route, fields);
            if (page.isSuccess() || !commands.calls.isEmpty() || signedIn() != signedIn) {
                letIn.put(how + ": " + route.method() + " " + route.path(), page.status());
                commands.calls.clear();
            }
        }
        assertThat(letIn).isEmpty();
    }

    private int signedIn() {
        return sessions.sessions().sessions().size();
    }

    private List<Route> guarded() {
        return routes.all().stream()
                .filter(route -> route.access() == Route.Access.SIGNED_IN)
                .toList();
    }

    private List<Route> acting() {
        return routes.all().stream()
                .filter(route -> route.method().equals("POST"))
                .toList();
    }

    private List<Route> actingForSomebody() {
        return guarded().stream().filter(route -> route.method().equals("POST")).toList();
    }

    @Test
    void onlySignInIsPublic() {
        assertThat(routes.all().stream()
                        .filter(route -> route.access() == Route.Access.ANYBODY)
                        .map(route -> route.method() + " " + route.path()))
                .containsExactlyInAnyOrder(
                        "GET /assets/*",
                        "GET /signin",
                        "GET /signin/returned",
                        "POST /signin",
                        "POST /signin/elsewhere",
                        "POST /signin/invitation",
                        "POST /signin/invitation/finish",
                        "POST /signin/options",
                        "POST /signin/passkey",
                        "GET /worker.js");
    }

    /** The file is read page by page, newest first, and holds what the search found. */
    @Test
    void whatASearchFoundIsSavedAsCsvAndAsJson() throws IOException {
        Json.Members receipt = Json.object()
                .with("id", "R-1")
                .with("kind", "held")
                .with("at", "2026-11-20T08:00:00Z")
                .with("agent", "ann/bot")
                .with("person", "ann")
                .with("reason", "=SUM(A1)");
        Json.Members older = receipt.with("id", "R-0").with("reason", "say \"no\"");
        commands.answer("receipts", Json.object().withItems("receipts", Stream.of(receipt)));
        commands.answer("receipts before R-1", Json.object().withItems("receipts", Stream.of(older)));
        commands.answer("receipts before R-0", Json.object().withItems("receipts", Stream.of()));

        Browser.Page csv = signedIn(ANN).get("/receipts.csv?person=ann&kind=held");
        assertThat(csv.header("Content-Disposition")).isEqualTo("attachment; filename=\"receipts.csv\"");
        assertThat(csv.body().lines().toList())
                .hasSize(3)
                .satisfies(lines -> assertThat(lines.getFirst()).startsWith("\"id\",\"at\",\"kind\""))
                .satisfies(
                        lines -> assertThat(lines.get(1)).startsWith("\"R-1\",").contains("\"ann\"", "\"'=SUM(A1)\""))
                .satisfies(
                        lines -> assertThat(lines.get(2)).startsWith("\"R-0\",").contains("\"say \"\"no\"\"\""));
        assertThat(commands.calls)
                .allSatisfy(call -> assertThat(call.arguments().text("person")).isEqualTo("ann"));

        Browser.Page json = signedIn(ANN).get("/receipts.jsonl");
        assertThat(json.body()).isEqualTo(receipt.canonicalText() + "\n" + older.canonicalText() + "\n");
    }

    /** Nobody takes half a list for the whole. */
    @Test
    void anExportThatFailsHasNoEnd() throws IOException {
        commands.answer(
                "receipts",
                Json.object()
                        .withItems(
                                "receipts",
                                Stream.of(Json.object()
                                        .with("id", "R-1")
                                        .with("kind", "held")
                                        .with("reason", "long ".repeat(20_000)))));
        HttpURLConnection line = (HttpURLConnection) URI.create("http://localhost:" + port + "/receipts.jsonl")
                .toURL()
                .openConnection();
        line.setRequestProperty("Cookie", "interlock=" + sessions.open(ANN, Browser.NAME));
        line.setRequestProperty("User-Agent", Browser.NAME);
        assertThat(line.getResponseCode()).isEqualTo(200);
        assertThatThrownBy(() -> line.getInputStream().readAllBytes()).isInstanceOf(IOException.class);
    }

    /** Links are in messages. No text of a request but a page of ours appears in the redirect. */
    @Test
    void pageThatWasAskedForIsRememberedForAfterTheSignIn() throws IOException {
        Browser nobody = Browser.at(port);
        String hold = "H-01JD0000000000000000000000";
        for (String path : List.of("/holds/" + hold, "/holds", "/status")) {
            assertThat(nobody.get(path + "?to=//evil.example").header("Location"))
                    .isEqualTo("/signin?to=" + path);
        }
        for (String path : List.of("/live", "/holds/H-01", "/receipts/" + hold)) {
            assertThat(nobody.get(path).header("Location")).as(path).isEqualTo("/signin");
        }
    }

    /** A whole team may share an address, or all users of this machine. */
    @Test
    void guessingBlocksNoPasskeyHolder() throws IOException {
        Browser guessing = Browser.at(port);
        for (int i = 0; i < Sessions.MAX_OF_ADDRESS; i++) {
            Map<String, String> guess = Map.of("login", "x", "assertion", "{\"id\":\"" + i + "\"}");
            assertThat(guessing.post("/signin/passkey", guess).body()).contains("Nothing is laid out");
        }
        Map<String, String> next = Map.of("login", "x", "assertion", "{\"id\":\"next\"}");
        assertThat(guessing.post("/signin/passkey", next).body()).contains("Too many sign-in attempts");
        commands.answer("login.finish", Json.object().with("person", "ann").with("credential", "Y3JlZA"));
        assertThat(guessing.post("/signin/passkey", next).isSuccess()).isTrue();
        assertThat(signedIn()).isEqualTo(1);
    }

    /** Any page can send browsers here, and any user of the machine can send any callback. */
    @Test
    void failedSingleSignOnBlocksNobody() throws IOException {
        Browser stranger = Browser.at(port);
        for (int i = 0; i <= Sessions.MAX_OF_ADDRESS; i++) {
            assertThat(stranger.get("/signin/returned?state=x").body()).contains("Nothing is laid out");
        }
        Json.Members ann = Json.object().with("issuer", "https://id.example").with("subject", "a-1");
        commands.answer("login.oidc.callback", ann.with("person", "ann"));
        assertThat(stranger.get("/signin/returned?state=s&code=c").status()).isEqualTo(200);
        assertThat(signedIn()).isEqualTo(1);
        commands.answer(
                "login.oidc.start",
                Json.object()
                        .with("address", "https://id.example/auth")
                        .with("binding", "b")
                        .with("seconds", 600));
        assertThat(stranger.post("/signin/elsewhere", Map.of()).status()).isEqualTo(200);
    }

    /** There are many more connections than the limit, each with a head that never ends. */
    @Test
    void endlessHeadsBlockNobody() throws IOException {
        List<Socket> halves = new ArrayList<>();
        try {
            for (int i = 0; i < Console.MAX_CONNECTIONS + 100; i++) {
                Socket half = new Socket(InetAddress.getLoopbackAddress(), port);
                halves.add(half);
                half.getOutputStream().write("GET /signin HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
            }
            commands.answer("login.methods", Json.object());
            assertThat(Browser.at(port).get("/signin").status()).isEqualTo(200);
        } finally {
            for (Socket half : halves) {
                half.close();
            }
        }
    }

    /** Many windows of one person use nobody else's share. */
    @Test
    void liveStreamsAreLimitedPerPerson() throws IOException {
        commands.goOn("receipts.follow");
        Browser ann = signedIn(ANN);
        List<Socket> windows = new ArrayList<>();
        try {
            for (int i = 0; i < ConsoleHandler.MAX_STREAMS_OF_ONE; i++) {
                assertThat(look(ann, windows)).isEqualTo(200);
            }
            assertThat(look(ann, windows)).isEqualTo(503);
            assertThat(look(signedIn(ANN), windows)).isEqualTo(503);
            assertThat(look(signedIn(new Peer("bob", new Peer.SignInMethod.Passkey("Ym9i"))), windows))
                    .isEqualTo(200);
        } finally {
            commands.release();
            for (Socket window : windows) {
                window.getInputStream().transferTo(OutputStream.nullOutputStream()); // to the end of each
                window.close();
            }
        }
    }

    private int look(Browser browser, List<Socket> windows) throws IOException {
        Socket window = new Socket(InetAddress.getLoopbackAddress(), port);
        windows.add(window);
        return Browser.begin(window, browser, "/live/events");
    }

    @Test
    void signedInPeopleCanAct() throws IOException {
        commands.answer("hold.deny", Json.object().with("recorded", true));
        Browser ann = signedIn(ANN);
        Browser.Page page = ann.post("/holds/H-01/deny", Map.of("csrf", csrf(ann), "reason", "no"));
        assertThat(page.status()).isEqualTo(303);
        String session = sessions.sessions().sessions().getFirst().session();
        assertThat(commands.calls)
                .containsExactly(new RecordingCommands.Call(
                        ANN.in(session),
                        "hold.deny",
                        Json.object().with("hold", "H-01").with("reason", "no")));
    }

    /** The page must not claim a record that does not exist. */
    @Test
    void anUnrecordedActionIsReportedToThePerson() throws IOException {
        Browser ann = signedIn(ANN);
        String csrf = csrf(ann);
        Map<String, String> fields =
                Map.of("csrf", csrf, "reason", "no", "scope", "all", "environment-staging", "on", "impact-read", "on");
        for (String[] act : new String[][] {
            {"/holds/H-01/deny", "hold.deny"},
            {"/holds/H-01/narrow", "hold.narrow"},
            {"/keys/K-01/revoke", "passkey.revoke"},
            {"/leases/L-01/end", "lease.revoke"},
            {"/kill", "kill"}
        }) {
            commands.answer(act[1], Json.object().with("recorded", false));
            Browser.Page page = ann.post(act[0], fields);
            assertThat(page.header("Location")).as(act[0]).endsWith("/unrecorded");
            commands.answer(act[1], Json.object().with("recorded", true));
            assertThat(ann.post(act[0], fields).header("Location")).as(act[0]).doesNotEndWith("/unrecorded");
        }
        assertThat(ann.get("/unrecorded").body())
                .contains("no receipt records it")
                .doesNotContain("Recorded");
    }

    @Test
    void aPasskeysNameFitsAPath() throws IOException {
        commands.answer("passkey.revoke", Json.object());
        Browser ann = signedIn(ANN);
        ann.post("/keys/passkey:a-_b/revoke", Map.of("csrf", csrf(ann), "reason", "lost"));
        assertThat(commands.calls).hasSize(1);
        assertThat(commands.calls.getFirst().arguments().text("key")).isEqualTo("passkey:a-_b");
    }

    @Test
    void everyActionNeedsASession() throws IOException {
        Browser nobody = Browser.at(port);
        areRefused("no session", nobody, Map.of("csrf", ""), guarded());
        areRefused("an invented one", nobody.with("Cookie", "interlock=" + "A".repeat(43)), Map.of(), guarded());
    }

    /** Another port of the machine can set one of the same name, and would sign people out for good. */
    @Test
    void aForeignCookieBesideOursSignsNobodyOut() throws IOException {
        String cookie = "interlock=" + sessions.open(ANN, Browser.NAME);
        assertThat(Browser.at(port)
                        .with("Cookie", "interlock=b; " + cookie + "; interlock=c")
                        .get("/drills")
                        .isSuccess())
                .isTrue();
    }

    /** Browsers try both for `localhost`: a process at the other one would pass for the console. */
    @Test
    void bothLoopbackAddressesAreTaken() throws IOException {
        for (String address : List.of("127.0.0.1", "::1")) {
            InetAddress loopback = InetAddress.ofLiteral(address);
            assumeThat(NetworkInterface.getByInetAddress(loopback)).isNotNull();
            assertThatThrownBy(() -> new ServerSocket(port, 1, loopback)).isInstanceOf(BindException.class);
        }
    }

    @Test
    void aTakenLoopbackAddressPreventsTheConsole() throws IOException {
        InetAddress other = InetAddress.ofLiteral("::1");
        assumeThat(NetworkInterface.getByInetAddress(other)).isNotNull();
        try (ServerSocket squatter = new ServerSocket(0, 1, other)) {
            int taken = squatter.getLocalPort();
            Console.ConsoleAddress place = new Console.ConsoleAddress(
                    new InetSocketAddress("127.0.0.1", taken),
                    URI.create("http://interlock.localhost:" + taken),
                    Optional.empty());
            assertThatThrownBy(() -> Console.start(place, commands, sessions, clock))
                    .isInstanceOf(IOException.class);
        }
    }

    /** A request for an image would count as a view. */
    @Test
    void noPageCanBeFramed() throws IOException {
        Browser ann = signedIn(ANN).with("Sec-Fetch-Site", "same-site");
        for (Route route :
                guarded().stream().filter(one -> one.method().equals("GET")).toList()) {
            assertThat(ann.with("Sec-Fetch-Dest", "image").get(path(route)).status())
                    .as(route.path())
                    .isEqualTo(403);
        }
        assertThat(commands.calls).isEmpty();
        assertThat(ann.with("Sec-Fetch-Dest", "document").get("/drills").isSuccess())
                .as("a link in somebody's mail")
                .isTrue();
    }

    @Test
    void aLeaseOpensNothing() throws IOException {
        for (String lease : List.of("ilk_" + "k".repeat(43), "ilk_child_" + "c".repeat(43))) {
            Browser agent = Browser.at(port);
            areRefused("as a bearer's", agent.with("Authorization", "Bearer " + lease), Map.of(), routes.all());
            areRefused("as a cookie", agent.with("Cookie", "interlock=" + lease), Map.of("csrf", lease), guarded());
            assertThat(agent.post("/signin", Map.of("code", lease)).isSuccess()).isFalse();
            commands.calls.clear(); // the code was checked, and is invalid
            Browser person = signedIn(ANN);
            areRefused(
                    "with a person's session",
                    person.with("Authorization", "Bearer " + lease),
                    Map.of("csrf", csrf(person)),
                    routes.all());
        }
    }

    @Test
    void aSessionBelongsToOneBrowserAndPerson() throws IOException {
        Browser ann = signedIn(ANN);
        String token = csrf(ann);
        areRefused("another browser", ann.with("User-Agent", "curl/8"), Map.of("csrf", token), guarded());
        Browser sam = signedIn(new Peer("sam", new Peer.SignInMethod.Passkey("c2Ft")));
        areRefused("another person's form", sam, Map.of("csrf", token), actingForSomebody());
    }

    @Test
    void aSessionEnds() throws IOException {
        Browser idle = signedIn(ANN);
        String token = csrf(idle);
        clock.pass(Sessions.IDLE);
        areRefused("idle", idle, Map.of("csrf", token), guarded());
        Browser out = signedIn(ANN);
        assertThat(out.post("/signout", Map.of("csrf", csrf(out))).header("Set-Cookie"))
                .contains("Max-Age=0");
        areRefused("signed out", out, Map.of("csrf", token), guarded());
    }

    @Test
    void onlyTheConsolesHostNameIsAnswered() throws IOException {
        Browser ann = signedIn(ANN);
        Map<String, String> fields = Map.of("csrf", csrf(ann));
        for (String name : List.of("evil.example:" + port, "127.0.0.1:" + port, "localhost", "localhost:1")) {
            areRefused("called " + name, ann.with("Host", name), fields, routes.all());
        }
    }

    @Test
    void actionsNeedTheConsolesOrigin() throws IOException {
        Browser ann = signedIn(ANN);
        Map<String, String> fields = Map.of("csrf", csrf(ann));
        for (String origin :
                List.of("http://evil.example", "null", "http://localhost:1", "https://localhost:" + port)) {
            areRefused("from " + origin, ann.with("Origin", origin), fields, acting());
        }
        areRefused("from nowhere", ann.without("Origin"), fields, acting());
        for (String site : List.of("cross-site", "same-site", "none")) {
            areRefused("sent " + site, ann.with("Sec-Fetch-Site", site), fields, acting());
        }
        areRefused("data for others", ann.with("Sec-Fetch-Site", "cross-site"), fields, data());
    }

    private List<Route> data() {
        return routes.all().stream()
                .filter(route -> route.form() == Route.AnswerForm.DATA)
                .toList();
    }

    @Test
    void everyFormCarriesItsSessionsToken() throws IOException {
        Browser ann = signedIn(ANN);
        areRefused("without", ann, Map.of(), actingForSomebody());
        areRefused("an invented one", ann, Map.of("csrf", "A".repeat(43)), actingForSomebody());
    }

    @Test
    void noOtherMethodDoesAnything() throws IOException {
        Browser ann = signedIn(ANN);
        String token = csrf(ann);
        commands.calls.clear();
        for (Route route : routes.all()) {
            for (String method : List.of("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")) {
                Browser.Page page = ann.with("X-CSRF-Token", token).send(method, path(route), "");
                assertThat(page.status()).as(method + " " + route.path()).isGreaterThanOrEqualTo(400);
            }
        }
        assertThat(commands.calls).isEmpty();
    }
}
