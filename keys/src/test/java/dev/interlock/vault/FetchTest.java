package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests credentials that a command fetches, and those of a user with a password. */
@Timeout(300)
final class FetchTest {

    private static final String SLOT = "railway-staging";
    private static final URI THERE = URI.create("https://railway.test/api/graphql/v2");
    private static final ResolvedAttempt WRITE =
            TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");

    @TempDir
    Path directory;

    private final TestingWorld world = new TestingWorld();
    private final TestingClock clock = new TestingClock();
    private Json.Members payload = world.payload();
    private Vault vault;
    private Path counter;

    @BeforeEach
    void open() throws IOException {
        Vault.PinnedSealKeys pins = new Vault.PinnedSealKeys(Set.of(world.sealer.publicKey()), 1);
        vault = Vault.at(
                directory.resolve("vault"),
                pins,
                "interlock.example/log",
                _ -> TestingWorld.envelope(payload, world.sealer),
                clock,
                new SecureRandom());
        counter = directory.resolve("counter");
    }

    private Path helper(String script) throws IOException {
        Path helper = directory.resolve("helper");
        Files.writeString(helper, "#!/bin/sh\necho x >> " + counter + "\n" + script + "\n");
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
        return helper;
    }

    private long runs() throws IOException {
        return Files.exists(counter) ? Files.readAllLines(counter).size() : 0;
    }

    private void put(Path helper, String... arguments) throws IOException {
        put(Optional.empty(), helper, arguments);
    }

    private void put(Optional<String> user, Path helper, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(helper.toString()));
        command.addAll(List.of(arguments));
        vault.put(SLOT, Store.ORDINARY, new SlotContent(new SlotContent.SecretOrigin.FetchCommand(command), user));
    }

    private CredentialResult open(ResolvedAttempt sensed) throws IOException {
        return vault.open(Bytes.of(payload.canonical()).sha256(), sensed, Optional.empty(), Optional.empty());
    }

    private String sent() throws IOException {
        CredentialResult opening = open(WRITE);
        assertThat(opening).isInstanceOf(CredentialResult.CredentialOpened.class);
        return ((CredentialResult.CredentialOpened) opening)
                .credential()
                .headerFor(THERE)
                .use(value -> value);
    }

    private String shut() throws IOException {
        CredentialResult opening = open(WRITE);
        assertThat(opening).isInstanceOf(CredentialResult.CredentialRefused.class);
        return ((CredentialResult.CredentialRefused) opening).reason();
    }

    @Test
    void whatTheCommandPrintsIsSent() throws IOException {
        put(helper("echo token-of-$1-$2"), "one two", "$HOME");
        assertThat(sent()).isEqualTo("Bearer token-of-one two-$HOME");
        assertThat(vault.list()).containsExactly(new Vault.FilledSlot(SLOT, Store.ORDINARY, Set.of()));
    }

    @Test
    void theCommandInheritsNothing() throws IOException {
        put(helper("env | cut -d= -f1 | sort | tr '\\n' ','; pwd; cat"));
        assertThat(sent().replace("Bearer ", "").split("/", -1)[0].split(","))
                .isSubsetOf("LANG", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "")
                .contains("LANG", "PATH");
    }

    @Test
    void itIsFetchedAgainAfterAMinuteAndWhenItIsPutAgain() throws IOException {
        put(helper("echo token-number-one"));
        sent();
        assertThat(sent()).contains("one");
        assertThat(runs()).isEqualTo(1);
        clock.pass(FetchedSecretCache.KEPT);
        sent();
        assertThat(runs()).isEqualTo(2);
        clock.set(clock.instant().minus(Duration.ofSeconds(10)));
        sent();
        assertThat(runs()).as("a clock set back").isEqualTo(3);
        put(helper("echo token-number-$1"), "two");
        assertThat(sent()).contains("two");
        assertThat(vault.remove(SLOT)).isTrue();
        assertThat(shut()).contains("has no secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo secret-in-words >&2; exit 3",
                "echo secret-in-words; exit 1",
                "echo secret-in-words; echo more",
                "printf 'secret-in-words\\r\\nX-Evil: 1'",
                "printf 'secret-in-words\\0'",
                "printf ' secret-in-words'",
                ":",
                "head -c 9000 /dev/zero | tr '\\0' s; echo secret-in-words",
                "yes secret-in-words",
                "kill -9 $$"
            })
    void whatIsNotOneSecretOpensNothingAndIsNotQuoted(String script) throws IOException {
        put(helper(script));
        assertThat(shut())
                .startsWith("The command that fetches `" + SLOT + "` ")
                .doesNotContain("secret-in-words");
        assertThat(shut()).isNotEmpty();
        assertThat(runs()).as("not again at once").isEqualTo(1);
        clock.pass(FetchedSecretCache.PAUSE);
        shut();
        assertThat(runs()).isEqualTo(2);
    }

    @Test
    @Tag("process")
    void aCommandThatTakesTooLongIsEnded() throws IOException {
        Path mark = directory.resolve("mark");
        Path helper = helper("sleep 600 & echo $! > " + mark + "; wait; echo token");
        assertThatThrownBy(() -> new Fetcher(Duration.ofMillis(500)).fetch(List.of(helper.toString())))
                .hasMessageContaining("in time");
        if (Files.exists(mark)) {
            long sleeper = Long.parseLong(Files.readString(mark).strip());
            assertThat(ProcessHandle.of(sleeper)
                            .map(ProcessHandle::onExit)
                            .map(end -> end.join().pid()))
                    .isIn(Optional.empty(), Optional.of(sleeper));
        }
    }

    /** A credential with a proof is fetched for each call. A queue of such calls would take the slots of all others. */
    @Test
    @Tag("process")
    void whoWaitsBehindOthersForASlotIsToldAfterAWhile() throws Exception {
        Path root = directory.resolve("vault");
        FetchedSecretCache fetched = new FetchedSecretCache(
                new Fetcher(Duration.ofSeconds(60)),
                Duration.ofMillis(100),
                SlotFingerprints.at(root, new SecureRandom()),
                SecretMatcher.TraceKey.random(new SecureRandom()),
                clock);
        Path gate = directory.resolve("gate");
        assertThat(new ProcessBuilder("mkfifo", gate.toString()).start().waitFor())
                .isZero();
        List<String> slow = List.of(helper("cat " + gate).toString());
        FutureTask<Secret> first = new FutureTask<>(() -> fetched.get(SLOT, slow, true));
        Thread.startVirtualThread(first);
        while (runs() == 0) {
            WaitLoop.pause(); // the class's time limit ends it
        }
        assertThatThrownBy(() -> fetched.get(SLOT, slow, true))
                .isInstanceOf(Fetcher.FetchException.class)
                .hasMessageContaining("for other calls");
        Files.writeString(gate, "token-number-one\n");
        assertThat(first.get().<String>use(value -> value)).isEqualTo("token-number-one");
    }

    @Test
    @Tag("process")
    void aCommandThatOthersCouldExchangeIsNotRun() throws IOException {
        Path helper = helper("echo token");
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxrwxr-x"));
        put(helper);
        assertThat(shut()).contains("can be replaced");

        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rw-r--r--"));
        assertRefused(helper, "is not an executable file");
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertRefused(Files.createSymbolicLink(directory.resolve("link"), helper), "behind a link");
        assertRefused(directory.resolve("gone"), "does not exist");

        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path inside = Files.copy(helper, open.resolve("helper"));
        assertRefused(inside, "can be replaced");
        assertThat(runs()).isZero();
    }

    @Test
    @Tag("process")
    void aCommandOfSomebodyElseIsNotRun() throws IOException {
        Path helper = helper("echo token");
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can give a file away");
        Files.setAttribute(helper, "unix:uid", 61_234);
        assertRefused(helper, "can be replaced");
        assertThat(runs()).isZero();
    }

    private static void assertRefused(Path program, String because) {
        assertThatThrownBy(() -> new Fetcher(Fetcher.PATIENCE).fetch(List.of(program.toString())))
                .isInstanceOf(Fetcher.FetchException.class)
                .hasMessageContaining(because);
    }

    @ParameterizedTest
    @ValueSource(strings = {"helper", "./helper", "/usr/../bin/helper", "", "/bin/a\nb"})
    void aCommandIsOnePath(String program) {
        assertThatThrownBy(() -> new SlotContent.SecretOrigin.FetchCommand(List.of(program)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Tag("process")
    void aCommandThatHasSaidAllAndDoesNotEndIsEnded() throws IOException {
        Path helper = helper("echo token; exec >&-; sleep 600");
        assertThatThrownBy(() -> new Fetcher(Duration.ofMillis(500)).fetch(List.of(helper.toString())))
                .hasMessageContaining("in time");
    }

    @Test
    void whatWasFetchedIsKnownWhenAnAgentCarriesIt() throws IOException {
        put(helper("echo token-that-was-fetched"));
        assertThat(vault.slotHolding(new Secret("token-that-was-fetched"))).isEmpty();
        sent();
        assertThat(vault.slotHolding(new Secret("token-that-was-fetched")))
                .contains(new Vault.KnownSecret(SLOT, Optional.of("railway")));
        assertThat(vault.slotHolding(new Secret("token-of-somebody-else"))).isEmpty();
    }

    // A user and a password.

    private void sendAsBasic() {
        Json.Members upstream = payload.object("upstreams").object("railway");
        Json.Members slot = TestingWorld.slot("write", "staging").with("scheme", "Basic");
        payload = payload.with(
                "upstreams",
                Json.object()
                        .with(
                                "railway",
                                upstream.with(
                                        "credentials",
                                        upstream.object("credentials").with(SLOT, slot))));
    }

    private static SlotContent ann(String password) {
        return new SlotContent(new SlotContent.SecretOrigin.CopiedSecret(new Secret(password)), Optional.of("ann"));
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void aUserAndAPasswordAreSentAsBasic() throws IOException {
        sendAsBasic();
        vault.put(SLOT, Store.ORDINARY, ann("pass:word 1"));
        assertThat(sent()).isEqualTo(basic("ann:pass:word 1"));
        assertThat(vault.slotHolding(new Secret("pass:word 1"))).isPresent();
        put(Optional.of("ann"), helper("echo fetched-password"));
        assertThat(sent()).isEqualTo(basic("ann:fetched-password"));
        put(Optional.of("ann"), helper("echo 8-ltrs.."), "another");
        assertThat(sent()).isEqualTo(basic("ann:8-ltrs.."));
        put(Optional.of("ann"), helper("echo short"), "other");
        assertThat(shut()).contains("too short").doesNotContain("printed short");
    }

    @Test
    void aPasswordIsNotSentWhereNobodyWouldLookForIt() throws IOException {
        vault.put(SLOT, Store.ORDINARY, ann("password-1"));
        assertThat(shut()).contains("scheme: Basic");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "a b", "a\nb", "a\u007f", "\u00e4nn"})
    void aUserIsNamedSoThatItCanBeToldFromThePassword(String user) {
        assertThatThrownBy(() -> new SlotContent(
                        new SlotContent.SecretOrigin.CopiedSecret(new Secret("password-1")), Optional.of(user)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ann("short")).hasMessageNotContaining("short");
    }

    @Test
    void usersPasswordsAndCommandsAreAsLongAsTheyMayBeAndNoLonger() {
        SlotContent.SecretOrigin shortest = new SlotContent.SecretOrigin.CopiedSecret(new Secret("8-ltrs.."));
        assertThat(new SlotContent(shortest, Optional.of("u".repeat(255))).user())
                .isPresent();
        assertThatThrownBy(() -> new SlotContent(shortest, Optional.of("u".repeat(256))))
                .isInstanceOf(IllegalArgumentException.class);
        List<String> longest = new ArrayList<>(Collections.nCopies(32, " ~" + "a".repeat(1022)));
        longest.set(0, "/bin/true");
        assertThat(fetched(longest).origin()).isEqualTo(new SlotContent.SecretOrigin.FetchCommand(longest));
        for (String odd : List.of("a".repeat(1025), "\u007f", "\u001f")) {
            assertThatThrownBy(() -> fetched(List.of("/bin/true", odd))).isInstanceOf(IllegalArgumentException.class);
        }
        longest.add("one more");
        assertThatThrownBy(() -> fetched(longest)).isInstanceOf(IllegalArgumentException.class);
    }

    private static SlotContent fetched(List<String> command) {
        return new SlotContent(new SlotContent.SecretOrigin.FetchCommand(command), Optional.empty());
    }

    // Files on disk.

    @Test
    void aSlotsFileIsReadAsWhatItWasWrittenAs() throws IOException {
        sendAsBasic();
        vault.put(SLOT, Store.ORDINARY, ann("password-1"));
        Path file = directory.resolve("vault/ordinary/" + SLOT + ".slot");
        String written = Files.readString(file);
        assertThat(written)
                .contains("interlock-vault-slot@v2")
                .doesNotContain("password-1")
                .doesNotContain("ann");
        Files.writeString(file, written.replace("slot@v2", "slot@v1"));
        assertThatThrownBy(() -> open(WRITE)).isInstanceOf(IOException.class);
        Files.writeString(file, written);
        assertThat(sent()).startsWith("Basic ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"user\":\"ann\"}",
                "{\"command\":[\"/bin/true\"],\"secret\":\"password-1\"}",
                "{\"command\":[]}",
                "{\"more\":1,\"secret\":\"password-1\"}",
                "{\"secret\":\"short\",\"user\":\"ann\"}"
            })
    void aSlotThatIsNotWhatIsWrittenIsNotRead(String plain) {
        Json.Members fields = Json.readObject(plain.getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> SlotContent.read(fields)).isInstanceOf(IllegalArgumentException.class);
    }
}
