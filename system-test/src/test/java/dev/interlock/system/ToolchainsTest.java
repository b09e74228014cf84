package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests that programs in every language start in {@code interlock run}, and reach a provider at its real address with
 * no credential and no setting of their own. The table in docs/agents.md says of each what makes it so.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class ToolchainsTest {

    private static final Path PAGE = Path.of("..", "docs", "agents.md");

    private static final String URL = "https://" + TestingRailway.HOST + "/graphql/v2";

    /**
     * A program that posts {@code read.json} and prints the answer; or, if it has no such text, a command that does.
     */
    enum Toolchain {
        CURL("curl", "--version", "", "", "curl -sS -H 'Content-Type: application/json' --data-binary @read.json @URL"),
        WGET("wget", "--version", "", "", """
                wget -q --content-on-error -O - --header 'Content-Type: application/json' --post-file=read.json @URL"""),
        PYTHON("python3", "--version", "ask.py", """
                import urllib.request
                request = urllib.request.Request("@URL", open("read.json", "rb").read(),
                    {"Content-Type": "application/json", "User-Agent": "tool"})
                print(urllib.request.urlopen(request, timeout=50).read().decode())
                """, "/usr/bin/python3 ask.py"),
        NODE("node", "--version", "ask.mjs", """
                import { readFileSync } from 'node:fs';
                const answer = await fetch('@URL', {method: 'POST', headers: {'content-type': 'application/json'},
                    body: readFileSync('read.json')});
                console.log(await answer.text());
                """, "node ask.mjs"),
        DENO("deno", "--version", "ask.deno.mjs", """
                const answer = await fetch('@URL', {method: 'POST', headers: {'content-type': 'application/json'},
                    body: Deno.readFileSync('read.json')});
                console.log(await answer.text());
                """, "deno run -A ask.deno.mjs"),
        BUN("bun", "--version", "ask.bun.mjs", """
                const answer = await fetch('@URL', {method: 'POST', headers: {'content-type': 'application/json'},
                    body: await Bun.file('read.json').text()});
                console.log(await answer.text());
                """, "bun ask.bun.mjs"),
        JAVA("java", "-version", "Ask.java", """
                import java.net.URI;
                import java.net.http.*;
                import java.nio.file.Path;
                public class Ask {
                    public static void main(String[] arguments) throws Exception {
                        var request = HttpRequest.newBuilder(URI.create("@URL"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofFile(Path.of("read.json"))).build();
                        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
                        System.out.println(answer.body());
                    }
                }
                """, "java -Xmx128m -XX:TieredStopAtLevel=1 Ask.java"),
        RUBY("ruby", "--version", "ask.rb", """
                require 'net/http'
                puts Net::HTTP.post(URI('@URL'), File.read('read.json'), 'Content-Type' => 'application/json').body
                """, "ruby ask.rb"),
        PHP("php", "--rf=curl_init", "ask.php", """
                <?php
                $call = curl_init('@URL');
                curl_setopt_array($call, [CURLOPT_POSTFIELDS => file_get_contents('read.json'),
                    CURLOPT_HTTPHEADER => ['Content-Type: application/json'], CURLOPT_RETURNTRANSFER => true]);
                echo curl_exec($call), curl_error($call);
                """, "php ask.php"),
        PERL("perl", "-MLWP::UserAgent", "ask.pl", """
                use LWP::UserAgent;
                local $/;
                open(my $file, '<', 'read.json');
                my $agent = LWP::UserAgent->new(env_proxy => 1);
                print $agent->post('@URL', 'Content-Type' => 'application/json', Content => <$file>)->decoded_content;
                """, "perl ask.pl"),
        GO("go", "version", "ask.go", """
                package main

                import (
                    "io"
                    "net/http"
                    "os"
                )

                func main() {
                    file, _ := os.Open("read.json")
                    answer, err := http.Post("@URL", "application/json", file)
                    if err != nil {
                        panic(err)
                    }
                    io.Copy(os.Stdout, answer.Body)
                }
                """, "go run ask.go");

        private final String program;
        private final String version;
        private final String file;
        private final String text;
        private final String command;

        Toolchain(String program, String version, String file, String text, String command) {
            this.program = program;
            this.version = version;
            this.file = file;
            this.text = text;
            this.command = command;
        }
    }

    /** What the table says of each: the variables that make it ask the gateway, and trust its authority. */
    private static final Map<String, String> SETTINGS = Map.ofEntries(
            Map.entry("curl", "`HTTPS_PROXY` | `CURL_CA_BUNDLE`"),
            Map.entry("wget", "`HTTPS_PROXY` | the system's bundle"),
            Map.entry("python3", "`HTTPS_PROXY` | `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, `PIP_CERT`"),
            Map.entry("node", "`NODE_USE_ENV_PROXY`, before 22.21 `NODE_OPTIONS` | `NODE_EXTRA_CA_CERTS`"),
            Map.entry("deno", "`HTTPS_PROXY` | `DENO_CERT`"),
            Map.entry("java", "`JAVA_TOOL_OPTIONS` | `JAVA_TOOL_OPTIONS`"),
            Map.entry("mvn", "`JAVA_TOOL_OPTIONS` | `JAVA_TOOL_OPTIONS`"),
            Map.entry("ruby", "`http_proxy` | `SSL_CERT_FILE`"),
            Map.entry("php", "`HTTPS_PROXY` | the system's bundle"),
            Map.entry("perl", "`HTTPS_PROXY` | the system's bundle"),
            Map.entry("go", "`HTTPS_PROXY` | `SSL_CERT_FILE`"),
            Map.entry("git", "`HTTPS_PROXY` | `GIT_SSL_CAINFO`"),
            Map.entry("npm", "`HTTPS_PROXY` | `npm_config_cafile`"));

    private Installation installation;
    private Path workspace;

    @BeforeAll
    void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress();
        workspace = installation.workspace("workspace");
        Files.writeString(
                workspace.resolve("read.json"),
                Json.object().with("query", Agent.read()).canonicalText());
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private String run(String script) throws Exception {
        Programs.ProgramResult ended = installation.run(workspace, script);
        return ended.out() + "\n" + ended.err();
    }

    /** It works outside, so that a failure inside is ours. */
    private static void require(String program, String version) throws Exception {
        assumeTrue(Programs.has(program), "needs " + program);
        assumeTrue(Programs.run(List.of(program, version), "").exit() == 0, program + " does not work outside either");
    }

    @ParameterizedTest
    @EnumSource
    void programsReachAProviderWithoutSettings(Toolchain tool) throws Exception {
        require(tool.program, tool.version);
        if (!tool.file.isEmpty()) {
            Files.writeString(workspace.resolve(tool.file), tool.text.replace("@URL", URL));
        }
        assertThat(run("unset INTERLOCK_LEASE GH_TOKEN; " + tool.command.replace("@URL", URL)))
                .contains("\"data\"", "staging");
    }

    @Test
    void mavenFetchesFromItsRepository() throws Exception {
        require("mvn", "--version");
        installation.registry().publishParent("acme", "parent");
        Path project = Files.createDirectories(workspace.resolve("project"));
        Files.writeString(project.resolve("pom.xml"), """
                <project><modelVersion>4.0.0</modelVersion><parent><groupId>acme</groupId><artifactId>parent</artifactId>
                <version>1.0.0</version><relativePath/></parent><artifactId>app</artifactId><packaging>pom</packaging></project>
                """);
        assertThat(run("cd project && mvn -B -Dmaven.repo.local=/tmp/repository validate"))
                .contains("BUILD SUCCESS");
        assertThat(String.join("\n", installation.registry().requests)).contains("GET /maven2/acme/parent/1.0.0/");
    }

    /** Without its database of checksums, which fetches what it lacks, so that people are asked about it. */
    @Test
    void goFetchesModulesThatItsMirrorHas() throws Exception {
        require("go", "version");
        installation.registry().publishModule("example.com/thing");
        assertThat(run("mkdir module && cd module && go mod init example.com/app && GOSUMDB=off go get"
                        + " example.com/thing && cat go.sum && GOPROXY=https://" + FakeRegistry.GO
                        + " go list -m -versions example.com/thing"))
                .contains("example.com/thing v1.0.0 h1:", "403 Forbidden");
        assertThat(String.join("\n", installation.registry().requests))
                .contains("GET /cached-only/example.com/thing/@v/v1.0.0.zip")
                .doesNotContain("GET /example.com");
    }

    @Test
    void theReceiptsNameTheSameLease() throws Exception {
        String lease = run("printf 'lease=%s\\n' \"$(curl -sS $INTERLOCK_GATEWAY/.interlock/whoami"
                        + " -H 'Accept: application/json')\"; " + Toolchain.CURL.command.replace("@URL", URL))
                .replaceFirst("(?s).*?(L-[0-9A-Z]{26}).*", "$1");
        assertThat(lease).startsWith("L-");
        assertThat(installation.receipts())
                .anyMatch(receipt -> receipt.text("kind").equals("intent")
                        && receipt.canonicalText().contains("\"" + lease + "\""));
    }

    @Test
    void thePageSaysWhatMakesEachWork() throws Exception {
        String page = Files.readString(PAGE);
        SETTINGS.forEach((program, said) -> assertThat(page).contains("| `" + program + "` | " + said + " |"));
        for (Toolchain tool : Toolchain.values()) {
            assertThat(page).contains("`" + tool.program + "`");
        }
    }
}
