package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.admin.AdminServer;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminapi.SampleAnswers;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.daemon.GatewayMain;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SshSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests commands as people type them, over a real admin socket with a fake daemon behind it. */
@Tag("process")
class CommandsTest {

    private static final int AGENT = 64_990;
    private static final int USAGE = 2;
    private static final Statement STATEMENT = new Statement(
            "H-01JDTEST",
            "5e".repeat(32),
            "L-1",
            "jer/cursor",
            "jer",
            Set.of(),
            "fix-staging",
            "railway",
            Json.object()
                    .with("agent", "jer/cursor")
                    .with("lease", "L-1")
                    .with("upstream", "railway")
                    .with("actions", new Json.Array(List.of()))
                    .with("radius", Json.object().withTexts("lost", List.of("railway:volume/production"))),
            Json.object().with("method", "POST"),
            "Delete the production volume.",
            Optional.empty(),
            Json.object()
                    .withTexts("confirm", List.of("1 of owners"))
                    .with("cooldown_seconds", 0)
                    .with("type_name", false)
                    .with("other", false),
            "A".repeat(43),
            Instant.parse("2026-11-20T08:00:00Z"),
            Instant.parse("2026-11-20T09:00:00Z"),
            Optional.empty());

    /** Returns the statement about a variable of a service in staging. */
    private static Statement aboutVariable(String impact) {
        Json.Members place = Json.object()
                .with("id", "railway:service/svc")
                .withTexts("environments", List.of("staging"))
                .with("known", true)
                .with("provenance", "sealed");
        Json.Members action = Json.object()
                .with("operation", "railway/variableUpsert")
                .withTexts("impacts", List.of(impact))
                .with("reversibility", "recoverable")
                .with("resources", new Json.Array(List.of(place)))
                .with(
                        "facts",
                        new Json.Array(List.of(Json.object()
                                .with("name", "argument.variable")
                                .with("value", "NODE_OPTIONS")
                                .with("provenance", "claimed"))));
        Json.Members radius = Json.object()
                .withTexts("environments", List.of("staging"))
                .withTexts("lost", List.of())
                .withTexts("notes", List.of())
                .with("lost_backups", new Json.Array(List.of()))
                .with("survivors", new Json.Array(List.of()));
        return new Statement(
                "H-01JDLASTING",
                STATEMENT.seal(),
                "L-1",
                "ann/agent",
                "ann",
                Set.of(),
                "work",
                "railway",
                Json.object()
                        .with("agent", "ann/agent")
                        .with("lease", "L-1")
                        .with("upstream", "railway")
                        .with("actions", new Json.Array(List.of(action)))
                        .with("radius", radius),
                STATEMENT.request(),
                "Set the variable NODE_OPTIONS",
                Optional.empty(),
                STATEMENT.obligations(),
                STATEMENT.nonce(),
                STATEMENT.openedAt(),
                STATEMENT.expires(),
                Optional.empty());
    }

    private static final Json.Members LEASE = Json.object()
            .with("agent", "jer/cursor")
            .with("task", "fix")
            .withTexts("environments", List.of("production"))
            .withTexts("impacts", List.of("read"));
    private static final String NEXT = "`bob` may approve its destructive calls only with a hardware key.";
    private static final Json.Members RECEIPT = Json.object()
            .with("id", "R-1")
            .with("at", "2026-11-20T08:00:00Z")
            .with("kind", "admin")
            .with("command", "hold.sign")
            .with("peer", "root")
            .with("hold", "H-1")
            .with("signer", "ann")
            .with("key_class", "hardware")
            .with("result", "accepted")
            .with("complete", true);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final FakeDaemon daemon = new FakeDaemon();
    private AdminServer server;
    private Path config = Path.of("gateway.yaml");
    private Path key = Path.of("key");

    @TempDir
    Path directory;

    @BeforeEach
    void start() throws Exception {
        key = directory.resolve("key");
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(interlock(TestingInit.command(directory, key + ".pub", "--place=railway:environment/e-1=staging")))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        config = directory.resolve("made/gateway.yaml");
        server = AdminServer.start(
                directory.resolve("admin.sock"), Set.of(Files.getOwner(Path.of("/proc/self"))), daemon);
        out.reset();
        err.reset();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private int interlock(String... arguments) {
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private int configured(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--config=" + config);
        return interlock(all.toArray(String[]::new));
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theSignedTextIsTheShownOneDespiteTheDaemon() throws Exception {
        assertThat(configured("hold", "sign", STATEMENT.hold(), "--key=" + key))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(output()).contains("railway:volume/production").doesNotContain("harmless");
        Json.Members sent = daemon.sent.getLast();
        SshSignature.parse(sent.text("signature")).verify(STATEMENT.canonical(), Statement.NAMESPACE);
    }

    @Test
    void aProgramThatSignsIsShownItBesideItsJson() {
        assertThat(configured("hold", "sign", STATEMENT.hold(), "--key=" + key, "--json"))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(errors()).contains("railway:volume/production");
        assertThat(output().lines()).singleElement().asString().startsWith("{");
    }

    @Test
    void whatIsShownIsWhatWouldBeSignedWhateverTheDaemonSays() {
        assertThat(configured("hold", "show", STATEMENT.hold())).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output())
                .contains("railway:volume/production")
                .contains("  open, sign by 2026-11-20T09:00:00Z\n") // no blank at its end
                .doesNotContain("harmless");
        assertThat(configured("hold", "show", STATEMENT.hold(), "--json")).isEqualTo(ExitCodes.OK);
        assertThat(output()).doesNotContain("harmless");
        assertThat(configured("hold", "show", "H-01JDOTHER")).isEqualTo(ExitCodes.UNAVAILABLE);
    }

    @Test
    void aLeaseIsShownBeforeItIsSigned() {
        assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix", "--key=" + key))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(errors()).contains("LEASE, as it is signed").contains("production");
        assertThat(output()).isEqualTo("ilk_x\n");
    }

    @Test
    void aTaskThatNobodySealedIsSaidToBeNoneWithTheNearest() {
        assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix"))
                .isEqualTo(ExitCodes.OK);
        assertThat(errors()).contains("no sealed task `fix`: read only, 1 hour");
        assertThat(output()).isEqualTo("ilk_x\n");
        out.reset();
        err.reset();
        assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix-Stagin"))
                .isEqualTo(ExitCodes.OK);
        assertThat(errors())
                .isEqualTo(
                        "interlock: no sealed task `fix-Stagin`, the nearest are `fix-staging`, `fix-prod`, `deploy`:"
                                + " read only, 1 hour\n");
        assertThat(output()).isEqualTo("ilk_x\n");
    }

    /** The command line itself is wrong; no file and no daemon can correct that. */
    @Test
    void commandLineMistakesHaveTheUsageExitCode() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "s3cret-token\n");
        List<String> issue = List.of("lease", "issue", "--agent=jer/cursor", "--task=fix");
        List<String> explain = List.of("policy", "explain", "--operation=railway/project");
        List<String> put = List.of("vault", "put", "railway-read");
        Map<List<String>, String> table = new LinkedHashMap<>();
        for (String slip : List.of(
                "--env=moon",
                "--impact=explode",
                "--set=1A=x",
                "--uid=0",
                "--uid=x",
                "--limit=disk=1",
                "--limit=memory=lots",
                "--mask-millis=-1",
                "--terminal=x=y",
                "--nothing")) {
            table.put(List.of("run", "--config=" + config, "--task=fix", slip, "true"), "");
        }
        table.put(with(issue, "--env=moon"), "There is no environment `moon`");
        table.put(with(issue, "--impact=explode"), "`explode` is not an impact; impacts are read, write, destroy,");
        table.put(with(issue, "--resource=volume"), "`provider:type/id`");
        table.put(with(issue, "--ttl=soon"), "`--ttl` must be written");
        table.put(List.of("lease", "derive", "--from=nowhere"), "`file:PATH` or `env:NAME`");
        table.put(List.of("lease", "derive", "--impact=explode"), "`explode` is not an impact");
        table.put(List.of("elevate", "--lease=L-2", "--impact=explode", "--key=" + key), "`explode` is not an impact");
        table.put(with(explain, "--environment=nowhere"), "nowhere");
        table.put(with(explain, "--impact=explode"), "`explode` is not an impact");
        table.put(with(explain, "--reversibility=never"), "reversible, recoverable, irreversible");
        table.put(with(explain, "--resource=volume"), "`provider:type/id`");
        table.put(with(explain, "--agent=jer/nobody", "--task=a"), "There is no agent `jer/nobody`, only ann/agent.");
        table.put(with(explain, "--task=nothing"), "There is no task template `nothing`, only ");
        table.put(
                List.of("policy", "explain", "--operation=railway/volumeDelet"),
                "knows `railway/volumeDelet`: the nearest are `railway/volumeDelete`, ");
        table.put(List.of("kill"), "interlock: Missing required argument");
        table.put(with(explain, "--task=a", "--environments=staging"), "either `--task` or `--environments`");
        table.put(with(explain, "--lease-impacts=read"), "`--lease-impacts` needs `--environments`");
        table.put(List.of("session", "show", "../x"), "is not a session");
        table.put(List.of("kill", "--lift=K-1"), "`--key`");
        table.put(List.of("seal", "--key=" + key, "--out=" + directory.resolve("no/x")), "there is no directory");
        table.put(
                List.of("vault", "put", "no-such-slot", "--from=file:" + secret),
                "does not name the credential `no-such-slot`");
        table.put(with(put, "--from=nowhere"), "`file:PATH` or `env:NAME`");
        table.put(with(put, "--from=exec:mint"), "absolute path");
        table.put(with(put, "--basic=a:b", "--from=file:" + secret), "without a colon");
        table.put(List.of("doctor", "--as-agent", "--uid=0"), "`--uid`");
        table.put(List.of("doctor", "--uid=0"), "`--uid`");
        table.forEach((command, words) -> {
            err.reset();
            assertThat(
                            command.getFirst().equals("run")
                                    ? interlock(command.toArray(String[]::new))
                                    : configured(command.toArray(String[]::new)))
                    .as(command.toString())
                    .isEqualTo(USAGE);
            assertThat(errors().lines()).as(command.toString()).hasSize(1);
            assertThat(errors()).as(command.toString()).contains(words);
        });
        for (List<String> command : List.of(
                List.of("catalog", "explain", "--header=x", "GET /x"), List.of("catalog", "explain", "no-such-file"))) {
            assertThat(interlock(command.toArray(String[]::new)))
                    .as(command.toString())
                    .isEqualTo(USAGE);
        }
        assertThat(Set.copyOf(daemon.asked)).isSubsetOf("run.open", "lease.issue", "lease.list", "mcp.list");
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void ofACommandThatThereIsNotTheNearestAreNamed() {
        assertThat(interlock("stats")).isEqualTo(USAGE);
        assertThat(errors()).startsWith("interlock: there is no command `stats`; the nearest are status,");
        err.reset();
        assertThat(interlock("policy", "tset")).isEqualTo(USAGE);
        assertThat(errors())
                .startsWith("interlock: there is no command `tset`; the nearest are test,")
                .endsWith("see `interlock policy --help`\n");
        err.reset();
        assertThat(interlock("status", "more")).isEqualTo(USAGE);
        assertThat(errors()).contains("Unmatched argument").contains("'more'");
    }

    /** A truncated receipt is no directory either. */
    @Test
    void whatBeginsLikeAReceiptIsLookedForAsOne() {
        assertThat(configured("policy", "explain", "R-01JD")).isEqualTo(ExitCodes.NO);
        assertThat(errors()).contains("There is no receipt `R-01JD`.");
    }

    private static List<String> with(List<String> command, String... more) {
        return Stream.concat(command.stream(), Stream.of(more)).toList();
    }

    /** The resource existed and has ended, such as a lease: "it is gone" is an answer. */
    @Test
    void whatIsNotThereAnyMoreIsNoMistakeInTheCommand() {
        assertThat(configured("elevate", "--lease=L-0", "--environment=production", "--key=" + key))
                .isEqualTo(ExitCodes.NO);
        assertThat(errors()).contains("There is no lease `L-0` in force.");
        assertThat(configured("session", "show", "L-01JDNONE")).isEqualTo(ExitCodes.NO);
        assertThat(errors()).contains("no session `L-01JDNONE` was recorded");
    }

    @Test
    void whatStatusWarnsOfIsPrintedThoughAllIsEnforced() {
        assertThat(configured("status")).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output())
                .startsWith("Protected. 1 thing to look at.\n- The vault has no secret for `railway-destroy`.\n")
                .contains("interlock status --all")
                .doesNotContain("missing secrets");
        out.reset();
        assertThat(configured("status", "--all")).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output())
                .startsWith("Protected. 1 thing to look at.\n")
                .contains("missing secrets  railway-destroy");
    }

    @Test
    void aPolicyWithFailingInvariantsIsNotSealed() throws IOException {
        Files.writeString(directory.resolve("made/policy/invariants.yaml"), """
                invariants:
                  - name: agents do not write
                    for: {impacts: [write]}
                    always: refuse
                """);
        assertThat(configured("seal", "--key=" + key)).isEqualTo(ExitCodes.NO);
        assertThat(errors()).contains("does not hold: agents do not write").contains("nothing was sealed");
        assertThat(daemon.asked).isEmpty();
        assertThat(configured("policy", "prove")).isEqualTo(ExitCodes.NO);
        assertThat(output()).contains("FAILS  agents do not write").contains("expect: refuse");
    }

    @Test
    void policyToolsReportTheirResultByExitCode() throws IOException {
        assertThat(configured("policy", "lint", "--strict")).as(output()).isEqualTo(ExitCodes.OK);
        assertThat(configured("policy", "prove", "--json")).as(output()).isEqualTo(ExitCodes.OK);
        String[] explain = {"policy", "explain", "--operation=railway/volumeDelete", "--environment=staging"};
        assertThat(configured(explain)).as(errors()).isEqualTo(ExitCodes.NO);
        assertThat(output())
                .contains("HOLD  @confirm(\"1 of owners\")", "Not known:", "Freezes, kills, and the use of budgets");
        assertThat(configured("policy", "explain", "--operation=railway/project", "--environment=staging"))
                .isEqualTo(ExitCodes.UNCERTAIN);
        assertThat(output()).contains("PERMIT, as far as it can be known");
        assertThat(configured("policy", "explain")).isEqualTo(ExitCodes.USAGE);
        assertThat(configured("policy", "explain", "--operation=railway/project", "--environment=nowhere"))
                .isEqualTo(USAGE);
        assertThat(configured("policy", "replay")).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output()).contains("0 attempts replayed");
        assertThat(daemon.asked).containsExactly("receipts", "receipts");
        Path policy = directory.resolve("made/policy/policy.cedar");
        Files.writeString(policy, "@id(\"all\") permit (principal, action, resource);");
        assertThat(configured("policy", "lint")).isEqualTo(ExitCodes.OK);
        assertThat(configured("policy", "lint", "--strict")).isEqualTo(ExitCodes.NO);
        assertThat(configured("policy", "prove")).isEqualTo(ExitCodes.NO);
        Files.writeString(policy, "permit");
        assertThat(configured("policy", "lint")).isEqualTo(ExitCodes.NO);
        assertThat(configured("policy", "prove")).isEqualTo(ExitCodes.DATA);
    }

    @Test
    void theCodeForTheConsoleCountsUntilATimeThatPeopleRead() {
        assertThat(configured("console")).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output()).isEqualTo("http://localhost:7412/in#c\n");
        assertThat(errors()).contains("It signs you in once, until 2026-11-20T09:00:00Z.");
    }

    @Test
    void receiptsTellWhoDidWhatToWhich() {
        assertThat(configured("receipts")).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output())
                .contains("hold.sign  by root  hold H-1  signer ann  key hardware  everybody needed has signed "
                        + " accepted");
    }

    @Test
    void aListThatCannotBeIsAMistakeInTheCommand() {
        assertThat(configured("receipts", "--limit=0")).isEqualTo(USAGE);
        assertThat(configured("receipts", "--limit=-1")).isEqualTo(USAGE);
        assertThat(configured("receipts", "--kind=bogus")).isEqualTo(USAGE);
        assertThat(configured("receipts", "--vkey=log.vkey")).isEqualTo(USAGE); // nothing would be verified
        assertThat(errors()).contains("intent, outcome, refused, held, admin");
        assertThat(daemon.asked).isEmpty();
    }

    @Test
    void whoMayNotSealHearsItBeforeAnythingIsSigned() {
        assertThat(configured("seal", "--key=" + key)).isEqualTo(ExitCodes.NOT_ENTITLED);
        assertThat(errors()).contains("You may not. Ask root.");
        assertThat(daemon.asked).containsExactly("seal.next");
    }

    @Test
    void whatDestroysIsNotPermittedFromNowOn() {
        daemon.statement = aboutVariable("destroy");
        assertThat(configured("hold", "permit", daemon.statement.hold())).isEqualTo(ExitCodes.DATA);
        assertThat(errors()).contains("It destroys, and people are asked about that each time.");
        assertThat(config.resolveSibling("policy/from-now-on.cedar")).doesNotExist();
    }

    @Test
    void aPermitFromNowOnIsWrittenAndShownAndNotInForce() throws IOException {
        daemon.statement = aboutVariable("execute");
        assertThat(configured("hold", "permit", daemon.statement.hold(), "--any=input.value", "--plan"))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        Path written = config.resolveSibling("policy/from-now-on.cedar");
        assertThat(written).doesNotExist();
        out.reset();
        assertThat(configured("hold", "permit", daemon.statement.hold(), "--any=input.value"))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(output())
                .contains(
                        "from-now-on.cedar\n+ // Calls about",
                        "+ without-approval:\n+   - railway/variableUpsert in staging\n")
                .contains("RELAXED: where `from-now-on-h-01jdlasting` permits a call")
                .contains("Not in force yet: interlock policy test && interlock seal --key KEY");
        assertThat(written).content().contains("context.argument[\"variable\"] == \"NODE_OPTIONS\"");
        assertThat(configured("policy", "lint")).as(output()).isEqualTo(ExitCodes.OK);
        assertThat(configured("hold", "permit", daemon.statement.hold(), "--any=input.value"))
                .isEqualTo(ExitCodes.DATA); // nobody asks any more
    }

    @Test
    void theStatementOfAnotherHoldIsNotSigned() {
        assertThat(configured("hold", "sign", "H-01JDOTHER", "--key=" + key)).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(errors()).contains("nothing was signed");
        assertThat(daemon.asked).containsExactly("hold.show");
    }

    @Test
    void aLifetimeIsWrittenAsInPolicy() {
        assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix", "--ttl=1d"))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(daemon.sent.getLast().text("ttl")).isEqualTo("86400s");
        assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix", "--ttl=2d"))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix", "--ttl=1w"))
                .isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void aBrokenPolicyIsReportedAndNotSealed() throws IOException {
        Files.writeString(directory.resolve("made/policy/policy.cedar"), "permit (");
        assertThat(configured("seal", "--key=" + key)).isEqualTo(ExitCodes.DATA);
        assertThat(errors()).contains("policy.cedar:").contains("nothing was sealed");
        assertThat(daemon.asked).isEmpty();
    }

    @Test
    void aRedPolicyIsNotSealed() throws IOException {
        Files.writeString(directory.resolve("made/policy/policy.cedar"), "");
        assertThat(configured("seal", "--key=" + key)).isEqualTo(ExitCodes.NO);
        assertThat(errors()).contains("red: ").contains("nothing was sealed");
        assertThat(daemon.asked).isEmpty();
    }

    /** A token that was renewed goes into all its slots at once, or into none. */
    @Test
    void oneSecretFillsSeveralSlots() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "token\n");
        assertThat(configured("vault", "put", "railway-read", "no-such-slot", "--from=file:" + secret))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(directory.resolve("data/vault")).doesNotExist();
        assertThat(configured("vault", "put", "railway-read", "railway-work", "--from=file:" + secret))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(configured("vault", "list", "--json")).isEqualTo(ExitCodes.OK);
        assertThat(output()).contains("\"railway-read\"", "\"railway-work\"");
    }

    @Test
    void whatCannotBeSentIsNoSecret() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "two\nlines\n");
        assertThat(configured("vault", "put", "railway-read", "--from=file:" + secret))
                .isEqualTo(ExitCodes.DATA);
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void aSecretThatAPersonTypesIsAskedForAndNotShown() throws Exception {
        Path script = Path.of("/usr/bin/script");
        assumeTrue(Files.isExecutable(script), "`script` is not installed");
        String command = String.join(
                " ",
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp '" + System.getProperty("java.class.path") + "'",
                "dev.interlock.cli.Main vault put railway-read --config '" + config + "'");
        Process terminal = new ProcessBuilder(script.toString(), "-qec", command, "/dev/null")
                .redirectErrorStream(true)
                .start();
        StringBuilder shown = new StringBuilder();
        try (var reader = terminal.inputReader(StandardCharsets.UTF_8);
                var keyboard = terminal.outputWriter(StandardCharsets.UTF_8)) {
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                shown.append((char) c);
                if (shown.toString().endsWith("not shown: ")) {
                    keyboard.write("s3cret-token\n");
                    keyboard.flush();
                }
            }
        }
        assertThat(terminal.waitFor()).as(shown.toString()).isZero();
        assertThat(shown).contains("The secret for `railway-read`, not shown: ", "Stored `railway-read`");
        assertThat(shown).doesNotContain("s3cret-token");
    }

    @Test
    void noCommandTakesAConfigurationThatSomebodyElseCouldHavePlanted() throws IOException {
        assumeRoot();
        Files.setAttribute(config, "unix:uid", AGENT);
        Path secret = Files.writeString(directory.resolve("secret"), "real\n");
        for (List<String> command : List.of(
                List.of("vault", "put", "railway-read", "--from=file:" + secret),
                List.of("vault", "list"),
                List.of("seal", "--key=" + key),
                List.of("up"),
                List.of("status"),
                List.of("hold", "sign", STATEMENT.hold(), "--key=" + key),
                List.of("lease", "issue", "--agent=jer/cursor", "--task=fix", "--key=" + key),
                List.of("run", "--task=fix", "--", "true"))) {
            err.reset();
            List<String> all = new ArrayList<>(command);
            all.add(command.getFirst().equals("run") ? 1 : all.size(), "--config=" + config);
            assertThat(interlock(all.toArray(String[]::new)))
                    .as(command.toString())
                    .isEqualTo(ExitCodes.DATA);
            assertThat(errors()).as(command.toString()).contains("belongs to user " + AGENT);
        }
        assertThat(directory.resolve("data")).doesNotExist();
        assertThat(daemon.asked).isEmpty();
    }

    @Test
    void environmentsAreNamedAlikeEverywhere() {
        for (String option : List.of("--env=staging,production", "--environment=staging,production")) {
            assertThat(configured("lease", "issue", "--agent=jer/cursor", "--task=fix", option))
                    .as(errors())
                    .isEqualTo(ExitCodes.OK);
            assertThat(daemon.sent.getLast().items("environments")).hasSize(2);
        }
    }

    /** Its agent could not use another lease: people are asked to widen this one. */
    @Test
    void aLeaseOfAPlaceIsWidenedItself() {
        assertThat(configured("elevate", "--lease=L-1", "--environment=production", "--key=" + key))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(daemon.asked).containsExactly("lease.list", "elevation.open", "hold.show", "hold.sign");
        assertThat(daemon.sent.get(1).text("lease")).isEqualTo("L-1");
        assertThat(daemon.sent.get(1).texts("environments")).containsExactly("production");
    }

    /** The message comes before the first hold expires, and beside the token that programs read. */
    @Test
    void whoSignsForALeaseIsToldWhatTheyCanConfirmOfIt() {
        for (List<String> command : List.of(
                List.of("lease", "issue", "--agent=jer/cursor", "--task=fix"),
                List.of("elevate", "--lease=L-3", "--environment=production"))) {
            err.reset();
            assertThat(configured(with(command, "--key=" + key).toArray(String[]::new)))
                    .as(errors())
                    .isEqualTo(ExitCodes.OK);
            assertThat(errors()).contains(NEXT);
            assertThat(output()).endsWith("ilk_x\n").doesNotContain(NEXT);
        }
    }

    @Test
    void aPolicyThatCannotBeReadHasNoScenariosThatPass() throws IOException {
        Files.writeString(directory.resolve("made/policy/policy.cedar"), "permit (");
        assertThat(configured("policy", "test")).isEqualTo(ExitCodes.DATA);
        assertThat(output()).isEmpty();
        assertThat(errors()).contains("policy.cedar:1:9: Cedar cannot read this file");
    }

    @Test
    void aGatewayThatNothingKeepsApartIsNotStartedUnasked() throws Exception {
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("admins: [root]", "admins: [\"" + System.getProperty("user.name") + "\"]"));
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8);
        assertThat(GatewayMain.run(new GatewayMain.Arguments(config, false, false), System.out, err))
                .isEqualTo(ExitCodes.NOT_ENTITLED);
        assertThat(written.toString(StandardCharsets.UTF_8))
                .contains("separation: none", "--same-user", "docs/operators.md");
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void aCheckoutIsCopiedToWhereOnlyRootWrites() throws Exception {
        assumeRoot();
        Path prefix = Files.createTempDirectory(Path.of("/root"), "interlock-prefix-");
        try {
            InstalledCopy copy = new InstalledCopy(prefix);
            copy.make();
            copy.make(); // again, over the first
            Process version = new ProcessBuilder(copy.launcher().toString(), "--version").start();
            assertThat(new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("interlock ");
            assertThat(version.waitFor()).isZero();
            Files.setPosixFilePermissions(prefix, PosixFilePermissions.fromString("rwxrwxr-x"));
            assertThatThrownBy(copy::make).hasMessageContaining("can be written by its group");
            Files.setAttribute(prefix, "unix:uid", AGENT);
            assertThatThrownBy(copy::make).hasMessageContaining("who could replace the program");
        } finally {
            delete(prefix);
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void assumeRoot() throws IOException {
        assumeTrue(
                Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "only root can give a file away");
    }

    /** All other programs of the same user use it, too. */
    @Test
    void homeIsTheDirectoryOfTheVariable() throws Exception {
        ProcessBuilder child = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.interlock.cli.Main",
                "connect",
                "codex",
                "--check",
                "--gateway=http://127.0.0.1:7411");
        child.environment().put("HOME", directory.toString());
        child.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process connect = child.start();
        assertThat(new String(connect.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith(directory.resolve(".codex/interlock.config.toml") + "\n");
        assertThat(connect.waitFor()).isEqualTo(ExitCodes.NO);
    }

    @Test
    void connectMakesNoHome() {
        Path mistyped = directory.resolve("hmoe");
        assertThat(interlock("connect", "gemini", "--gateway=http://127.0.0.1:7411", "--home=" + mistyped, "--yes"))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(mistyped).doesNotExist();
    }

    @Test
    void anInventoryOfNothingSaysSo() {
        assertThat(configured("inventory", "check")).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(output()).contains("No resource was found at the seal's upstreams that one call could destroy");
    }

    /** A machine of its own for backups has no gateway. */
    @Test
    void whereThereIsNoGatewayTheStatusOfBackupsSaysWhatThereIs() {
        Path none = directory.resolve("elsewhere").resolve("gateway.yaml");
        assertThat(interlock("backup", "status", "--config=" + none)).isEqualTo(ExitCodes.DATA);
        assertThat(errors())
                .isEqualTo("interlock: there is no file `" + none + "`: `backup status` asks "
                        + "the gateway, so run it on the gateway's machine\n");
    }

    @Test
    void aMistypedOptionIsReportedOnce() {
        assertThat(configured("run", "--task=fix", "--limit=memory", "true")).isEqualTo(USAGE);
        assertThat(errors()).contains("for option '--limit'").doesNotContain("option option");
        err.reset();
        assertThat(configured("run", "--task=fix", "--mask-millis=-1", "true")).isEqualTo(USAGE);
        assertThat(errors()).contains("--mask-millis");
    }

    private static final class FakeDaemon implements CommandRunner {

        private final List<String> asked = new ArrayList<>();
        private final List<Json.Members> sent = new ArrayList<>();
        private Statement statement = STATEMENT;

        @Override
        public void run(Peer peer, String command, Json.Members arguments, ResultSink results)
                throws AdminRefusedException {
            asked.add(command);
            sent.add(arguments);
            if (arguments.items("environments").contains(new Json.Text("moon"))) {
                throw new AdminRefusedException(
                        AdminRefusedException.WRONG_ARGUMENT, "There is no environment `moon`.", "Correct it.");
            }
            results.accept(SampleAnswers.complete(
                    command,
                    switch (command) {
                        case "hold.show" ->
                            Json.object()
                                    .with("rendering", "harmless")
                                    .with("state", "open")
                                    .with("sign_by", "2026-11-20T09:00:00Z")
                                    .with("ending", "")
                                    .with("statement", new String(statement.canonical(), StandardCharsets.UTF_8));
                        case "hold.sign" -> Json.object().with("result", "signed");
                        case "lease.prepare" -> Json.object().with("statement", LEASE.canonicalText());
                        case "seal.next" ->
                            throw new AdminRefusedException("not_entitled", "You may not.", "Ask root.");
                        case "status" ->
                            Json.object()
                                    .with("enforcing", true)
                                    .withTexts("credentials_missing", List.of("railway-destroy"))
                                    .withTexts("things", List.of("The vault has no secret for `railway-destroy`."));
                        case "inventory.check" ->
                            Json.object()
                                    .with("exposures", new Json.Array(List.of()))
                                    .with("patterns", new Json.Array(List.of()))
                                    .withTexts("not_examined", List.of());
                        case "console.code" ->
                            Json.object()
                                    .with("address", "http://localhost:7412/in#c")
                                    .with("expires", "2026-11-20T09:00:00.823907413Z");
                        case "prove" ->
                            throw new AdminRefusedException(
                                    "refused", "There is no receipt `" + arguments.text("receipt") + "`.", "Look.");
                        case "receipts" -> Json.object().with("receipts", new Json.Array(List.of(RECEIPT)));
                        case "lease.list" ->
                            Json.object()
                                    .with(
                                            "leases",
                                            new Json.Array(List.of(
                                                    Json.object()
                                                            .with("id", "L-1")
                                                            .with("agent", "jer/cursor")
                                                            .with("task", "fix it")
                                                            .with("bound", true),
                                                    LEASE.with("id", "L-3")
                                                            .withTexts("resources", List.of())
                                                            .with("bound", false))));
                        default ->
                            misspelt(arguments)
                                    .withOptional(
                                            "next", arguments.get("signature").map(_ -> NEXT))
                                    .with("token", "ilk_x")
                                    .with("issued", "2026-11-20T08:00:00Z")
                                    .with("expires", "2026-11-20T09:00:00Z");
                    }));
        }

        private static Json.Members misspelt(Json.Members arguments) {
            return arguments.optionalText("task").equals(Optional.of("fix-Stagin"))
                    ? LEASE.with("task", "fix-Stagin")
                            .withTexts("tasks", List.of("deploy", "fix-prod", "fix-staging", "work"))
                    : LEASE;
        }

        @Override
        public void refused(Peer peer, String command) {
            throw new AssertionError("this process is entitled");
        }
    }

    /** A key that others may read is a fault, whatever sandboxing the machine supports. */
    @Test
    void doctorLooksAtWhatBackupsAreTakenWith() throws IOException {
        Files.writeString(config.resolveSibling("backups.yaml"), """
                attest-key: attest
                plans:
                  files:
                    of: "railway:volume/v1"
                    source: {directory: /srv/shop}
                    restic: {repository: /mnt/offsite, password-file: restic.password}
                """);
        Path secret = Files.writeString(config.resolveSibling("attest"), "private");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(configured("doctor")).isEqualTo(ExitCodes.NO);
        assertThat(output())
                .contains("✗ backups  `" + secret
                        + "`, the key that attests backups, can be opened by users other than its owner");
        out.reset();
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        configured("doctor");
        assertThat(output()).doesNotContain("✗ backups");
        out.reset();
        Files.delete(config.resolveSibling("backups.yaml"));
        configured("doctor");
        assertThat(output()).doesNotContain("backups");
    }
}
