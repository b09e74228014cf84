package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReconcileCommandTest extends ReconciledLog {

    @Test
    void theJarAloneReadsNoSql() {
        ran(0, "SELECT 1");
        Printed printed = reconcile("postgres");
        assertThat(printed.code()).isEqualTo(Main.UNUSABLE);
        assertThat(printed.said()).contains("cannot read SQL", "`interlock reconcile`");
    }

    private static String event(int second, String action, String repo) {
        return Json.object()
                .with("@timestamp", at(second).toEpochMilli())
                .with("action", action)
                .with("actor", "acme-bot")
                .with("hashed_token", "dG9rZW4=")
                .with("org", "acme")
                .withOptional("repo", repo.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(repo))
                .canonicalText();
    }

    private String github(int second, String result, String operation, String resource) {
        return call(second, result, does("github/" + operation, resource, "x"));
    }

    private void calls() {
        github(10, "done", "repos/delete", "github:repo/acme/old");
        github(20, "done", "repos/update", "github:repo/acme/api");
        github(30, "done", "repos/create-in-org", "github:org/acme");
        github(40, "done", "git/update-ref", "github:repo/acme/api");
    }

    private static List<String> events() {
        return List.of(
                event(10, "repo.destroy", "acme/Old"),
                event(21, "repo.access", "acme/api"),
                event(30, "repo.create", "acme/new"),
                event(31, "repo.update_default_branch", "acme/new"), // goes with it, and is none of the listed
                event(41, "git.push", "acme/api"),
                event(600, "git.clone", "acme/api"));
    }

    @Test
    void theAuditLogOfGithubIsReadByLinesAndAsAnArray() {
        calls();
        github(600, "done", "git/references", "github:repo/acme/api");
        lines.append(String.join("\n", events()));
        assertThat(reconcile("github").text()).contains("\"alarms\":[]", "\"findings\":[]", "\"matched\":6");
        lines.setLength(0);
        lines.append("[").append(String.join(",\n", events())).append("]");
        assertThat(reconcile("github").code()).isEqualTo(Main.HOLDS);
    }

    @ParameterizedTest
    @CsvSource({
        "repo.destroy, acme/api, alarm", // no such call there
        "hook.create, acme/old, alarm", // a deletion is no new hook
        "org.update_member, '', alarm", // nothing of the kind at that time
    })
    void whatTheGatewaysTokenDidElsewhereIsAnAlarm(String action, String repo, String what) {
        calls();
        List<String> all = new ArrayList<>(events().subList(0, 5));
        all.add(event(300, action, repo));
        lines.append(String.join("\n", all));
        Printed printed = reconcile("github");
        assertThat(printed.alarms())
                .as(what)
                .extracting(alarm -> alarm.text("kind"))
                .containsExactly(action);
        assertThat(reconcile("github", "--actor", "dG9rZW4=").alarms()).hasSize(1);
        assertThat(reconcile("github", "--actor", "ann").alarms()).isEmpty();
    }

    /** In a fleet each gateway has a log, and the provider one for all. */
    @Test
    void whatTheLogOfAnotherGatewayExplainsIsNoAlarm() throws IOException {
        calls();
        String open = github(300, "", "repos/delete", "github:repo/acme/lost");
        List<String> all = new ArrayList<>(events().subList(0, 5));
        all.add(event(200, "repo.destroy", "acme/elsewhere"));
        all.add(event(300, "repo.destroy", "acme/lost"));
        lines.append(String.join("\n", all));
        assertThat(reconcile("github").alarms()).hasSize(1);

        SoftLog other = new SoftLog("example.test/other");
        SealSamples.begin(other, "example.test/other", seal, "staging");
        Json.Members call = SealSamples.intent(seal, does("github/repos/delete", "github:repo/acme/elsewhere", "x"));
        other.add(new Receipt(LogVerifierTest.id(700), Receipt.Kind.INTENT, at(199), "example.test/other", call));
        other.write(directory.resolve("other"), 100);
        String[] both = {
            directory.resolve("other").toString(), "--vkey", other.key().toString()
        };
        assertThat(reconcile("github", both).alarms()).isEmpty();

        Json.Members closed = Json.object().with("command", "fleet.close").with("closed", open);
        other.add(new Receipt(
                LogVerifierTest.id(701),
                Receipt.Kind.ADMIN,
                at(9000),
                "example.test/other",
                closed.with("peer", "ann").with("outcome", "refused")));
        other.write(directory.resolve("other"), 100);
        assertThat(reconcile("github", both).alarms())
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.text("problem")).contains("nothing was sent"));
    }

    @Test
    void anEmptyListIsComparedOnlyWithinTimesThatSomebodyVouchesFor() {
        calls();
        lines.append("[]");
        for (String[] open : new String[][] {{}, {"--from", at(0).toString()}, {"--to", at(100).toString()}}) {
            Printed printed = reconcile("github", open);
            assertThat(printed.code()).isEqualTo(Main.UNUSABLE);
            assertThat(printed.text()).contains("\"calls\":4", "\"events\":0").doesNotContain("\"time\"");
        }
        assertThat(reconcile("github", "--from", at(0).toString(), "--to", at(100).toString())
                        .findings())
                .hasSize(2);
        Printed quiet = reconcile("github", "--from", at(200).toString(), "--to", at(300).toString());
        assertThat(quiet.code()).isEqualTo(Main.HOLDS);
        assertThat(quiet.text())
                .contains("\"provider\":\"github\"", "\"logs\":1", "\"time\":\"" + at(200) + " to " + at(300));
    }

    /** Nobody knows what it reached, so it explains nothing, and nobody misses its event. */
    @Test
    void anEventBesideACallWhoseTextsAreSealedSaysSo() throws IOException {
        TextKeys keys = TextKeys.read(Files.writeString(directory.resolve("text.keys"), "a secret".repeat(8192)));
        calls();
        log.entries.replaceAll(
                entry -> SealedTexts.seal(Receipt.read(entry), () -> 7, keys).canonical());
        lines.append(event(10, "repo.destroy", "acme/old"));
        Printed sealed = reconcile("github");
        assertThat(sealed.alarms())
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.text("problem")).contains("sealed (give --texts)"));
        String[] opened = {"--texts", directory.resolve("text.keys").toString()};
        assertThat(reconcile("github", opened).code()).isEqualTo(Main.HOLDS);
        String[] times = {"--from", at(0).toString(), "--to", at(100).toString()};
        assertThat(reconcile("github", times).text())
                .contains("\"calls\":4", "\"findings\":[]", "\"calls whose texts are sealed");
    }

    @Test
    void aDeletionThatGithubDoesNotKnowIsAFinding() {
        calls();
        lines.append(String.join("\n", events().subList(1, 5)));
        Printed printed = reconcile("github", "--from", at(0).toString(), "--to", at(100).toString());
        assertThat(printed.code()).isEqualTo(Main.FAILS);
        assertThat(printed.findings())
                .extracting(finding -> finding.texts("operations"))
                .containsExactly(List.of("github/repos/delete"));
    }

    @Test
    void pagesAreFollowedOnTheSameServerAlone() throws IOException {
        calls();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/orgs/acme/audit-log";
        Map<String, String> next = new java.util.HashMap<>(Map.of("", base + "?after=x"));
        List<String> asked = new ArrayList<>();
        server.createContext("/", exchange -> {
            String query = exchange.getRequestURI().getQuery();
            asked.add(query + " " + exchange.getRequestHeaders().getFirst("authorization"));
            boolean isSecond = query.contains("after=x");
            List<String> events = isSecond ? events().subList(2, 5) : events().subList(0, 2);
            byte[] body = ("[" + String.join(",", events) + "]").getBytes(StandardCharsets.UTF_8);
            if (!isSecond || next.containsKey("x")) {
                exchange.getResponseHeaders()
                        .add(
                                "Link",
                                "<" + next.get(isSecond ? "x" : "")
                                        + ">; title=\"a, b\"; rel=\"next\", <x>; rel=\"first\"");
            }
            exchange.sendResponseHeaders(asked.size() > 50 ? 500 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            Path token = Files.writeString(directory.resolve("token"), "t0ken\n");
            String[] options = {"--events", base, "--token-file", token.toString()};
            assertThat(reconcile("github", options).text()).contains("\"alarms\":[]", "\"matched\":5");
            assertThat(asked)
                    .containsExactly("include=all&order=asc&per_page=100 Bearer t0ken", "after=x Bearer t0ken");
            for (String elsewhere : List.of("http://127.0.0.1:1/", "https://evil.test/", base + "?after=x")) {
                next.put("x", elsewhere);
                Printed refused = reconcile("github", options);
                assertThat(refused.code()).isEqualTo(Main.UNUSABLE);
                assertThat(refused.said()).contains("leads elsewhere, or back").doesNotContain("t0ken");
            }
        } finally {
            server.stop(0);
        }
        Printed plain = reconcile("github", "--events", "http://api.github.test/orgs/acme/audit-log");
        assertThat(plain.said()).contains("by https only");
    }
}
