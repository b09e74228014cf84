package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import dev.interlock.system.RecordingProvider.RecordedAnswer;
import dev.interlock.system.RecordingProvider.RecordedRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests GitHub's catalog in a sealed gateway, with a provider that speaks REST over TLS. */
@Tag("process")
class GithubRestProcessTest {

    private static final String SECRET = "ghp_the-real-one";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path root;

    private static RecordingProvider provider;
    private static Process gateway;
    private static HttpClient http;
    private static int port;
    private static String lease;

    @BeforeAll
    static void start() throws Exception {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        provider = new RecordingProvider(root);
        port = Programs.freePort();
        String sealer = key("sealer");
        Files.writeString(root.resolve("gateway.yaml"), """
                origin: system-test.interlock.example/rest
                listen: 127.0.0.1:%d
                data: data
                run: run
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: off
                """.formatted(port, System.getProperty("user.name"), sealer));
        Path policy = Files.createDirectory(root.resolve("policy"));
        Files.writeString(policy.resolve("interlock.yaml"), sealed(key("sam"), key("ann")));
        Files.writeString(policy.resolve("policy.cedar"), """
                @id("work-in-staging")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"staging");
                @id("an-owner-may-let-an-agent-destroy-in-staging")
                @confirm("1 of owners")
                permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
                @id("no-labels-by-agents")
                forbid (principal, action == Operation::Action::"github/issues/create-label", resource);
                @id("all-read-live")
                permit (principal, action in Impact::Action::"read", resource in Environment::"live");
                @id("no-secret-files-of-live")
                forbid (principal, action, resource in Environment::"live") when {
                    context has argument.file
                        && (context.argument.file like "*.env" || context.argument.file == "(unnamed)")
                } unless { context.lease.names_environment };
                """);
        Files.createDirectory(
                root.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectory(root.resolve("run"));
        interlock("vault", "put", "--config=" + config(), "gh").expect(0);
        interlock("vault", "put", "--config=" + config(), "gh-live").expect(0);
        interlock("seal", "--config=" + config(), "--key=" + root.resolve("sealer"), policy.toString())
                .expect(0);
        gateway = new ProcessBuilder(Programs.interlock(root, List.of("up", "--same-user", "--config=" + config())))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("gateway.log").toFile())
                .start();
        AdminClient admin = admin();
        Programs.await("the gateway answers", () -> {
            if (!gateway.isAlive()) {
                throw new AssertionError(Files.readString(root.resolve("gateway.log")));
            }
            try {
                return admin.call("status", Json.object()).flag("enforcing");
            } catch (IOException e) {
                return false;
            }
        });
        lease = admin.call("lease.issue", Json.object().with("agent", "sam/bot").with("task", "work"))
                .text("token");
        http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private static String sealed(String sam, String ann) throws IOException {
        return """
                organisation: acme
                expires-after: 30d
                environments:
                  production: {protected: true}
                  live: {protected: true, readable: true}
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["%s"]}
                  ann: {groups: [owners], keys: ["%s"]}
                confirm: {software-keys: true}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                upstreams:
                  github:
                    catalog: github
                    address: "%s"
                    ca: "%s"
                    credentials:
                      gh: {environments: [staging], impacts: [read, write, destroy]}
                      gh-live: {environments: [live], impacts: [read]}
                    resources:
                      "github:repo/acme/shop": {environments: [production]}
                      "github:repo/acme/live": {environments: [live]}
                      "github:repo/acme/scratch": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                """.formatted(
                sam, ann, provider.address(), provider.authority().strip().replace("\n", "\\n") + "\\n");
    }

    private static String key(String person) throws Exception {
        String file = root.resolve(person).toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", file), "")
                .expect(0);
        return Files.readString(Path.of(file + ".pub")).strip();
    }

    private static Path config() {
        return root.resolve("gateway.yaml");
    }

    private static Programs.ProgramResult interlock(String... arguments) throws IOException, InterruptedException {
        return Programs.run(Programs.interlock(root, List.of(arguments)), SECRET);
    }

    @AfterAll
    static void stop() {
        if (http != null) {
            http.shutdownNow();
            http.close();
        }
        if (gateway != null) {
            gateway.destroyForcibly().onExit().join();
        }
        provider.close();
    }

    @BeforeEach
    void forget() {
        provider.take();
    }

    private static HttpResponse<String> send(String method, String target, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + port + "/github" + target))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + lease);
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (body.isEmpty()) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(body));
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aReadCarriesTheRealCredentialAndOnlyListedHeaders() throws Exception {
        HttpResponse<String> answer =
                send("GET", "/repos/acme/scratch/issues?per_page=5&labels=a+b", "", "X-Noise", "1", "Accept", "*/*");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"ok\":true}");
        RecordedRequest arrived = only();
        assertThat(arrived.method()).isEqualTo("GET");
        assertThat(arrived.target()).isEqualTo("/repos/acme/scratch/issues?per_page=5&labels=a%20b");
        assertThat(arrived.headers())
                .containsEntry("authorization", "Bearer " + SECRET)
                .containsEntry("accept", "*/*")
                .containsEntry("x-github-api-version", "2022-11-28")
                .doesNotContainKey("x-noise");
    }

    @Test
    void aGraphqlReadOfAPlacedRepositoryArrives() throws Exception {
        String body = "{'query':'query($o:String!,$n:String!){repository(owner:$o,name:$n){issues{totalCount}}}',"
                + "'variables':{'o':'Acme','n':'scratch'}}";
        HttpResponse<String> answer = send("POST", "/graphql", body.replace('\'', '"'));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        RecordedRequest arrived = only();
        assertThat(arrived.target()).isEqualTo("/graphql");
        assertThat(arrived.headers()).containsEntry("authorization", "Bearer " + SECRET);
        assertThat(arrived.body()).contains("repository").contains("\"o\":\"Acme\"");
    }

    @Test
    void headIsForwardedAsHead() throws Exception {
        assertThat(send("HEAD", "/repos/acme/scratch", "").statusCode()).isEqualTo(200);
        assertThat(only().method()).isEqualTo("HEAD");
    }

    @Test
    void aWriteArrivesAsDecided() throws Exception {
        HttpResponse<String> answer =
                send("PATCH", "/repos/acme/scratch/issues/1", " { \"title\" : \"\\u0061 b\", \"state\":\"open\" } ");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        RecordedRequest arrived = only();
        assertThat(arrived.body()).isEqualTo("{\"state\":\"open\",\"title\":\"a b\"}");
        assertThat(arrived.headers()).containsEntry("content-type", "application/json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // in staging, a person must confirm destructive calls
                "DELETE | /repos/acme/scratch                  |                         | confirmation_required",
                "PUT    | /repos/acme/scratch/topics           | {'names':[]}            | confirmation_required",
                // production is outside of the lease, and so is every resource without an environment
                "DELETE | /repos/acme/shop                     |                         | denied",
                "DELETE | /repos/ACME/Shop                     |                         | denied",
                "GET    | /repos/acme/shop                     |                         | denied",
                "GET    | /repos/acme/other                    |                         | denied",
                "GET    | /orgs/acme                           |                         | denied",
                // no policy permits the other impacts
                "PATCH  | /repos/acme/scratch/git/refs/heads/x | {'sha':'a','force':true} | denied",
                "POST   | /repos/acme/scratch/git/refs         | {'ref':'refs/heads/x','sha':'a'} | denied",
                "PATCH  | /repos/acme/scratch                  | {'private':false}       | denied",
                "PUT    | /repos/acme/scratch/contents/.github/workflows/x.yml | {'message':'m','content':'','branch':'x'} | denied",
                "POST   | /repos/acme/scratch/dispatches       | {'event_type':'x'}      | denied",
                "POST   | /repos/acme/scratch/actions/runs/1/rerun |                    | denied",
                // a policy can name an operation
                "POST   | /repos/acme/scratch/labels           | {'name':'x'}            | denied",
                // an unknown call is refused by name
                "GET    | /repos/acme/scratch/self-destruct    |                         | not_understood",
                "PURGE  | /repos/acme/scratch                  |                         | not_understood",
                "GET    | /repos/acme/scratch?_method=DELETE   |                         | not_understood",
                "GET    | /repos/acme/scratch/%2e%2e/shop      |                         | not_understood",
                "GET    | /repos/acme/scratch/contents/a%2Fb   |                         | not_understood",
                "PATCH  | /repos/acme/scratch                  | {'name':'a','name':'b'} | not_understood",
                "POST   | /graphql                             | {'query':'{'}          | not_understood",
                // GraphQL places a repository as REST does, and an opaque id nowhere
                "POST   | /graphql | {'query':'query($o:String!,$n:String!){repository(owner:$o,name:$n){id}}','variables':{'o':'acme','n':'Shop'}} | denied",
                "POST   | /graphql | {'query':'mutation($i:ID!){closeIssue(input:{issueId:$i}){clientMutationId}}','variables':{'i':'I_1'}} | denied",
            })
    void unpermittedCallsNeverArrive(String method, String target, String body, String kind) throws Exception {
        HttpResponse<String> answer = send(method, target, body == null ? "" : body.replace('\'', '"'));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
        assertThat(answer.body()).contains("\"kind\":\"" + kind + "\"");
        assertThat(provider.take()).isEmpty();
    }

    @Test
    void aMethodInAHeaderIsRefused() throws Exception {
        HttpResponse<String> answer =
                send("POST", "/repos/acme/scratch/issues", "{}", "X-HTTP-Method-Override", "DELETE");
        assertThat(answer.body()).contains("\"kind\":\"not_understood\"").contains("x-http-method-override");
        assertThat(provider.take()).isEmpty();
    }

    @Test
    void aConfirmedCallArrivesOnceAsSigned() throws Exception {
        String target = "/repos/Acme/scratch/git/refs/heads/old";
        confirmed(target);
        // One branch is gone; the repository is still writable, and the same call needs a new confirmation.
        assertThat(send("DELETE", target, "").body()).contains("\"kind\":\"confirmation_required\"");
        assertThat(provider.take()).isEmpty();
    }

    @Test
    void aDestroyedResourceIsReadOnlyUntilLifted() throws Exception {
        String target = "/repos/Acme/scratch";
        confirmed(target);
        HttpResponse<String> again = send("DELETE", target, "");
        assertThat(again.statusCode()).isEqualTo(403);
        assertThat(again.body()).contains("read-only until a person lifts that");
        assertThat(provider.take()).isEmpty();

        Matcher freeze = Pattern.compile("F-[0-9A-Z]{26}").matcher(again.body());
        assertThat(freeze.find()).as(again.body()).isTrue();
        List<String> lift = List.of("freeze", "lift", "--config=" + config(), "--key=" + root.resolve("ann"));
        interlock(Stream.concat(lift.stream(), Stream.of(freeze.group())).toArray(String[]::new))
                .expect(0);
        assertThat(send("DELETE", target, "").body()).contains("\"kind\":\"confirmation_required\"");
    }

    private static void confirmed(String target) throws Exception {
        HttpResponse<String> held = send("DELETE", target, "");
        Matcher hold = Pattern.compile("\"hold\":\"(H-[0-9A-Z]+)\"").matcher(held.body());
        assertThat(hold.find()).as(held.body()).isTrue();
        sign(hold.group(1), "ann");
        HttpResponse<String> released = send("DELETE", target, "");
        assertThat(released.statusCode()).as(released.body()).isEqualTo(200);
        RecordedRequest arrived = only();
        assertThat(arrived.method()).isEqualTo("DELETE");
        assertThat(arrived.target()).isEqualTo(target);
    }

    private static void sign(String hold, String person) throws Exception {
        Json.Members named = Json.object().with("hold", hold);
        String statement = admin().call("hold.show", named).text("statement");
        List<String> command = List.of(
                "ssh-keygen", "-q", "-Y", "sign", "-f", root.resolve(person).toString(), "-n", "interlock-confirm@v1");
        String signature = Programs.run(command, statement).expect(0).out() + "\n";
        admin().call("hold.sign", named.with("signature", signature));
    }

    private static final String CODE = "@@ -1 +1 @@\\n-old\\n+TOKEN = read()";
    private static final String FILES = "[{\"filename\":\".env\",\"patch\":\"@@ -1 +1 @@\\n-A=1\\n+A=hunter2\"},"
            + "{\"filename\":\"src/a.js\",\"patch\":\"" + CODE + "\"}]";
    private static final String COMMIT = "{\"sha\":\"" + "a".repeat(40) + "\",\"files\":" + FILES + "}";
    private static final String DIFF = """
            diff --git a/.env b/.env
            --- a/.env
            +++ b/.env
            @@ -1 +1 @@
            -A=1
            +A=hunter2
            diff --git a/src/a.js b/src/a.js
            --- a/src/a.js
            +++ b/src/a.js
            @@ -1 +1 @@
            -old
            +TOKEN = read()
            """;

    private static String sent(String method, String target, String body, String accept, RecordedAnswer answer)
            throws Exception {
        provider.answerWith(answer);
        HttpResponse<String> shown = send(method, target, body, "Accept", accept);
        assertThat(shown.statusCode()).as(shown.body()).isEqualTo(200);
        assertThat(shown.headers().firstValue("content-type")).contains(answer.type());
        assertThat(provider.take()).hasSize(1);
        return shown.body();
    }

    /** Returns the newest receipt, as text. */
    private static String recorded() throws Exception {
        Json newest = admin().call("receipts", Json.object().with("limit", 1))
                .items("receipts")
                .getFirst();
        return ((Json.Members) newest).canonicalText();
    }

    private static void awaitWithheld(String before) throws Exception {
        Programs.await("the receipt names the file", () -> {
            String last = recorded();
            return !last.equals(before) && last.contains("\"withheld\":\".env\"");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "commits/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, application/json",
        "commits/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, application/vnd.github.diff",
        "compare/main...feature, application/json",
        "compare/main...feature, application/vnd.github.diff",
        "pulls/7/files, application/json",
        "pulls/7, application/vnd.github.diff"
    })
    void aSecretFileIsWithheldBesideOthers(String path, String accept) throws Exception {
        boolean isDiff = accept.endsWith("diff");
        RecordedAnswer answer = new RecordedAnswer(accept, isDiff ? DIFF : path.startsWith("pulls") ? FILES : COMMIT);
        assertThat(sent("GET", "/repos/acme/scratch/" + path, "", accept, answer))
                .isEqualTo(answer.body());
        String before = recorded();
        assertThat(sent("GET", "/repos/acme/live/" + path, "", accept, answer))
                .doesNotContain("hunter2")
                .contains(".env", "Interlock withheld", "ask a person for a lease")
                .contains(isDiff ? DIFF.substring(DIFF.indexOf("diff --git a/src")) : CODE);
        awaitWithheld(before);
    }

    @ParameterizedTest
    @CsvSource({"application/json, ''", "text/event-stream, 'event: message\ndata: '"})
    void aSecretFileIsWithheldFromATool(String type, String before) throws Exception {
        String text = COMMIT.replace("\\", "\\\\").replace("\"", "\\\"");
        RecordedAnswer answer = new RecordedAnswer(
                type,
                before.replace("\\n", "\n")
                        + "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" + text
                        + "\"}]}}" + (before.isEmpty() ? "" : "\n\n"));
        String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"get_commit\","
                + "\"arguments\":{\"owner\":\"acme\",\"repo\":\"live\",\"sha\":\"" + "a".repeat(40) + "\"}}}";
        String earlier = recorded();
        assertThat(sent("POST", "/mcp", call, "application/json, text/event-stream", answer))
                .doesNotContain("hunter2")
                .contains("Interlock withheld", "ask a person for a lease", CODE.replace("\\", "\\\\"));
        awaitWithheld(earlier);
    }

    private static AdminClient admin() {
        return AdminClient.at(root.resolve("run/admin.sock"));
    }

    private static RecordedRequest only() {
        List<RecordedRequest> all = provider.take();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }
}
