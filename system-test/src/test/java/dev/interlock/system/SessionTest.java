package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Tests a run as the person who starts it sees it: its terminal, its record, its page. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class SessionTest {

    private static final String ESC = "\u001b";

    private Installation installation;
    private int workspaces;

    @BeforeAll
    void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "script", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.open(false);
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private Path workspace() throws Exception {
        return installation.workspace("workspace-" + workspaces++);
    }

    private Json.Members told(Programs.ProgramResult ended) {
        List<String> lines =
                ended.err().lines().filter(line -> line.startsWith("{")).toList();
        return Json.readObject(lines.getLast().getBytes(StandardCharsets.UTF_8));
    }

    private Programs.ProgramResult json(String script) throws Exception {
        return installation.run(workspace(), List.of("--json"), script);
    }

    private Path record(Json.Members told) {
        return installation.sessions().resolve(told.text("session"));
    }

    private Programs.ProgramResult show(String lease) throws Exception {
        return installation.interlock(List.of("session", "show", lease), "");
    }

    private static String post(String query, String more) {
        return "curl -sS -m 20 " + more + " -H 'Content-Type: application/json' -d '"
                + Json.object().with("query", query).canonicalText() + "' \"$INTERLOCK_GATEWAY/railway/graphql/v2\"; ";
    }

    // The terminal

    @Test
    void anAgentAtATerminalHasItsOwnTerminal() throws Exception {
        assumeTrue(Programs.has("python3") || Files.exists(Path.of("/root/.pyenv/shims/python3")), "needs python3");
        Json.Members seen = installation.runAtATerminal(workspace(), List.of(), """
                [["ready","type","typed\\n"],["[typed]","size",40,120],["40 120","type","\\u0003"]]""", """
                test -t 0 && test -t 1 && test -t 2 && stty size
                trap 'echo INTERRUPTED; exit 9' INT
                trap 'stty size' WINCH
                printf '\\033[31mred\\033[0m\\n'
                echo ready; read -r word; echo "[$word]"
                while :; do sleep 0.1; done
                """);
        assertThat(seen.text("drawn"))
                .contains("31 97", ESC + "[31mred" + ESC + "[0m", "[typed]", "40 120", "INTERRUPTED", "ended with 9");
        assertThat(seen.whole("exit")).isEqualTo(9);
        assertThat(seen.whole("undone")).isZero();
        assertThat(seen.flag("raw"))
                .as("Ctrl-C is a byte like others to the caller's terminal")
                .isTrue();
        assertThat(seen.flag("restored")).isTrue();
    }

    @Test
    void shellAtATerminalHasJobControl() throws Exception {
        assumeTrue(Programs.has("bash"), "needs bash");
        Json.Members seen = installation.runAtATerminal(workspace(), List.of(), """
                [["$ ","type","sh -c \\\"echo g''o; exec sleep 100\\\"\\r"],["go","type","\\u001a"],["Stopped","type","exec sh -c 'exit 5'\\r"]]""", "exec bash --norc -i");
        assertThat(seen.text("drawn")).contains("Stopped");
        assertThat(seen.whole("exit")).as(seen.text("drawn")).isEqualTo(5);
        assertThat(seen.flag("restored")).isTrue();
    }

    @Test
    void agentThatIsEndedFromOutsideLeavesTheTerminalAsItWas() throws Exception {
        Path workspace = workspace();
        Json.Members seen = installation.runAtATerminal(workspace, List.of(), "[]", "stty raw -echo; kill -9 $$");
        assertThat(seen.whole("exit")).isEqualTo(137);
        assertThat(seen.flag("restored")).isTrue();
    }

    @Test
    void anAgentWithoutTerminalGetsNone() throws Exception {
        Json.Members seen = installation.runAtATerminal(
                workspace(), List.of("--no-terminal"), "[]", "test -t 1 || echo none; test -e /dev/tty && : </dev/tty");
        assertThat(seen.text("drawn")).contains("none");
        assertThat(seen.whole("exit")).isNotZero();
    }

    @Test
    void argumentsArriveAsTheyWereGivenThroughTheTerminalToo() throws Exception {
        String awkward = "a  b'\"\\$(id)`id`*\n;|&";
        Json.Members seen = installation.runAtATerminal(
                workspace(), List.of(), "[]", "printf '%s' '" + awkward.replace("'", "'\\''") + "' | od -An -c");
        assertThat(seen.text("drawn"))
                .contains("a           b   '   \"   \\   $   (   i   d   )   `   i   d   `")
                .contains("*  \\n   ;   |   &");
    }

    // The record

    @Test
    void bothStreamsAreDeliveredByteForByteAndRecorded() throws Exception {
        Path workspace = workspace();
        byte[] all = new byte[70_000];
        new java.util.Random(7).nextBytes(all);
        Files.write(workspace.resolve("bytes"), all);
        Path out = installation.root().resolve("caller.out");
        Path err = installation.root().resolve("caller.err");
        ProcessBuilder run = installation
                .command(List.of(
                        "run",
                        "--config=" + installation.configuration(),
                        "--task=fix-staging",
                        "--workspace=" + workspace,
                        "--quiet",
                        "--",
                        "/bin/sh",
                        "-c",
                        "cat bytes; cat bytes >&2; exit 3"))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        assertThat(run.start().waitFor()).isEqualTo(3);
        assertThat(out).hasBinaryContent(all);
        assertThat(err).hasBinaryContent(all);
        Path record = installation.sessions().resolve(newest());
        assertThat(record.resolve("session.cast")).content().contains("\"o\"");
        assertThat(show(newest()).exit()).isZero();
    }

    private String newest() throws Exception {
        return installation
                .interlock(List.of("session", "list", "--json"), "")
                .expect(0)
                .out()
                .replaceFirst("(?s).*?\"lease\":\"(L-[0-9A-Z]+)\".*", "$1");
    }

    @Test
    void theRecordIsPrivateAndHoldsNoLease() throws Exception {
        Programs.ProgramResult ended = json("""
                echo "$INTERLOCK_LEASE"; echo "$https_proxy" >&2
                printf %s "lease:$INTERLOCK_LEASE" | base64 -w0
                """);
        String token = ended.out().lines().findFirst().orElseThrow();
        assertThat(token).as("the caller sees what the agent wrote").startsWith("ilk_");
        String encoded = Base64.getEncoder().encodeToString(("lease:" + token).getBytes(StandardCharsets.UTF_8));
        assertThat(ended.out()).contains(encoded);
        Path record = record(told(ended));
        assertThat(names(record)).containsExactly("manifest.json", "session.cast");
        for (String name : names(record)) {
            assertThat(Files.readString(record.resolve(name), StandardCharsets.ISO_8859_1))
                    .as(name)
                    .doesNotContain(token, encoded.substring(12, encoded.length() - 4));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(record.resolve(name))))
                    .isEqualTo("rw-------");
        }
        for (Path directory : List.of(record, installation.sessions())) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                    .isEqualTo("rwx------");
        }
    }

    private static List<String> names(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theLedgerProvesTheRecordAndRevealsChanges() throws Exception {
        Json.Members told =
                told(json("echo said; " + post(Agent.read(), "-H \"Authorization: Bearer $INTERLOCK_LEASE\"")));
        String lease = told.text("session");
        Path record = record(told);
        Programs.ProgramResult proven = show(lease);
        assertThat(proven.exit()).as(proven.out() + proven.err()).isZero();
        assertThat(proven.out())
                .contains("unaltered: receipt " + told.text("receipt"), "1 × read in staging", "session.cast");
        assertThat(installation.receipts())
                .filteredOn(receipt -> receipt.text("id").equals(told.text("receipt")))
                .singleElement()
                .satisfies(receipt -> {
                    assertThat(receipt.text("command")).isEqualTo("session.record");
                    assertThat(receipt.text("lease")).isEqualTo(lease);
                });

        assertThat(told.object("account").objects("let_through"))
                .as("programs get the same page")
                .singleElement()
                .satisfies(deed -> {
                    assertThat(deed.texts("impacts")).containsExactly("read");
                    assertThat(deed.texts("environments")).containsExactly("staging");
                    assertThat(deed.whole("count")).isEqualTo(1);
                });
        assertThat(told.texts("troubles")).isEmpty();

        byte[] output = Files.readAllBytes(record.resolve("session.cast"));
        Files.writeString(record.resolve("session.cast"), "nothing\n");
        Programs.ProgramResult altered = show(lease);
        assertThat(altered.exit()).isEqualTo(1);
        assertThat(altered.out()).contains("ALTERED: the output differs from the manifest");
        Files.write(record.resolve("session.cast"), output);
        assertThat(show(lease).exit()).isZero();

        String manifest = Files.readString(record.resolve("manifest.json"));
        Files.writeString(record.resolve("manifest.json"), manifest.replace("\"exit\":0", "\"exit\":1"));
        Programs.ProgramResult rewritten = show(lease);
        assertThat(rewritten.exit()).isEqualTo(1);
        assertThat(rewritten.out()).contains("ALTERED: the ledger has another digest");
        Files.writeString(record.resolve("manifest.json"), manifest);

        Path copy = Files.createDirectories(installation.sessions().resolve("L-0FORGED"));
        for (String name : names(record)) {
            Files.copy(record.resolve(name), copy.resolve(name));
        }
        Files.writeString(copy.resolve("manifest.json"), manifest.replace(lease, "L-0FORGED"));
        Programs.ProgramResult forged = show("L-0FORGED");
        Installation.remove(copy);
        assertThat(forged.exit()).as("only sessions of a run are proven").isEqualTo(1);
        assertThat(forged.out()).contains("unproven: this gateway's ledger has no receipt for it");

        installation
                .interlock(
                        List.of(
                                "verify",
                                "--vkey=" + installation.logKey(),
                                installation.ledger().toString()),
                        "")
                .expect(0);
    }

    // The page

    @Test
    void thePageShowsActionsRefusalsAndHolds() throws Exception {
        String lease = "-H \"Authorization: Bearer $INTERLOCK_LEASE\"";
        Programs.ProgramResult ended = installation.run(
                workspace(),
                List.of(),
                post(Agent.read(), lease)
                        + post(Agent.read(), lease)
                        + post(Agent.delete(TestingRailway.SHARED), lease)
                        + post(Agent.delete(TestingRailway.disposable(1)), lease)
                        + post(Agent.read(), "-H 'Authorization: Bearer rw_a-stray-token-that-lay-about'")
                        + "exit 4");
        assertThat(ended.exit()).isEqualTo(4);
        assertThat(ended.err())
                .contains(
                        "ended with 4",
                        "2 × read in staging",
                        "1 × denied",
                        "1 × foreign_credential, railway/environment",
                        "interlock hold show H-",
                        "A hold ends with its run",
                        "interlock session show L-")
                .contains("interlock receipts --lease L-");
        assertThat(ended.err().lines()).allMatch(line -> line.length() <= 80);
        assertThat(ended.err()).doesNotContain(ESC, "ilk_", "rw_a-stray");
    }

    /** Such as `claude -p`, which ends at once; without this its person would wait for nothing. */
    @Test
    void aQuietRunTooSaysThatItsHoldEndedWithIt() throws Exception {
        String lease = "-H \"Authorization: Bearer $INTERLOCK_LEASE\"";
        Programs.ProgramResult ended = installation.run(
                workspace(), List.of("--quiet"), post(Agent.delete(TestingRailway.disposable(1)), lease));
        assertThat(ended.out()).contains("confirmation_required", "The hold ends with your lease");
        assertThat(ended.err())
                .contains("held  H-", "1 of owners must sign", "nobody can approve this any more")
                .doesNotContain("interlock session show");
        String hold = ended.err().replaceFirst("(?s).*held  (H-[0-9A-Z]+):.*", "$1");
        assertThat(installation.stateOf(hold)).isEqualTo("void");
        assertThat(installation.run(workspace(), List.of("--quiet"), "exit 0").err())
                .doesNotContain("held");
    }

    @Test
    void callsWithoutLeaseBelongToThePlacesRun() throws Exception {
        String stray = post(Agent.read(), "-H 'Authorization: Bearer rw_a-stray-token-that-lay-about'");
        Json.Members first = told(json(stray + stray));
        Json.Members other = told(json("exit 0"));
        assertThat(first.object("account").objects("refused")).singleElement().satisfies(refused -> {
            assertThat(refused.text("refusal")).isEqualTo("foreign_credential");
            assertThat(refused.whole("count")).isEqualTo(2);
        });
        assertThat(other.object("account").objects("refused")).isEmpty();
        assertThat(installation
                        .interlock(List.of("receipts", "--lease", first.text("session"), "--kind=refused"), "")
                        .expect(0)
                        .out()
                        .lines())
                .hasSize(2);
        assertThat(show(first.text("session")).out()).contains("2 × foreign_credential");
    }

    // Leftovers

    private List<Path> laid() throws Exception {
        Path scratch = installation.root().resolve("tmp");
        return names(scratch).stream()
                .filter(name -> name.startsWith("interlock-"))
                .map(scratch::resolve)
                .toList();
    }

    private Process running(Path workspace) throws Exception {
        Process run = installation
                .command(List.of(
                        "run",
                        "--config=" + installation.configuration(),
                        "--agent=jer/cursor",
                        "--task=fix-staging",
                        "--workspace=" + workspace,
                        "--",
                        "/bin/sh",
                        "-c",
                        "touch up; exec sleep 600"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Programs.await("the agent is up", () -> Files.exists(workspace.resolve("up")));
        return run;
    }

    @Test
    void leftoversOfAKilledRunAreRemovedByTheNext() throws Exception {
        Path workspace = workspace();
        String secret = "7c1b5b0e-4a4f-4d0a-9f0b-2f6f0c7e9a11";
        Files.writeString(workspace.resolve(".env"), "RAILWAY_TOKEN=" + secret + "\n");
        Process killed = running(workspace);
        Path left = laid().getFirst();
        assertThat(laid()).hasSize(1);
        Process living = running(workspace());
        killed.destroyForcibly().waitFor();
        try (Stream<Path> files = Files.walk(left)) {
            for (Path file : files.filter(file -> !file.equals(left)).toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .endsWith("------");
                assertThat(Files.isRegularFile(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "")
                        .doesNotContain(secret, "ilk_");
            }
        }
        List<Path> held = new ArrayList<>(laid());
        held.remove(left);
        assertThat(held).as("the other run's").hasSize(1);
        assertThat(installation.run(workspace(), List.of("--quiet"), "exit 4").exit())
                .isEqualTo(4);
        assertThat(laid()).isEqualTo(held);
        living.destroy();
        living.waitFor();
        assertThat(laid()).isEmpty();
    }

    // Messages before anything starts

    @Test
    void whatWasMeantIsSaidInOneLineAndWhatCannotBeIsAMistakeInTheCommand() throws Exception {
        Programs.ProgramResult misspelt = run("--task=fix-stagin");
        assertThat(misspelt.exit()).isEqualTo(2);
        assertThat(misspelt.err()).contains("There is no task `fix-stagin` in the seal; the nearest is `fix-staging`.");
        assertThat(run("--task=look-around").exit()).isEqualTo(2);
        Programs.ProgramResult other = run("--task=look-around", "--env=staging");
        assertThat(other.exit()).isEqualTo(4);
        assertThat(other.err().lines())
                .singleElement()
                .asString()
                .isEqualTo("interlock: no sealed task `look-around`, the nearest is `fix-staging`: read only, 1 hour");
        Programs.ProgramResult nowhere = run("--task=fix-staging", "--env=moon");
        assertThat(nowhere.exit()).isEqualTo(2);
        assertThat(nowhere.err()).contains("There is no environment `moon`; the seal has `production`, `staging`.");
        Programs.ProgramResult few = run("--task=fix-staging", "--limit=processes=3");
        assertThat(few.exit()).isEqualTo(2);
        assertThat(few.err())
                .contains("`--limit processes=3` is too low for a sandbox", "Give at least `--limit processes=")
                .doesNotContain("bwrap");
        assertThat(run("--task=fix-staging", "--workspace=/etc").exit()).isEqualTo(2);
        assertThat(laid()).isEmpty();
    }

    private Programs.ProgramResult run(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("run", "--agent=jer/cursor", "--quiet"));
        command.addAll(List.of(options));
        if (Stream.of(options).noneMatch(option -> option.startsWith("--workspace="))) {
            command.add("--workspace=" + workspace());
        }
        command.addAll(List.of("--", "/bin/sh", "-c", "exit 4"));
        return installation.interlock(command, "");
    }
}
