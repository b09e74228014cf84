package dev.interlock.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which alerts go to whom, and how often; nothing is delivered here. */
@Tag("process")
class AlertDispatcherTest {

    private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(terminal, true, StandardCharsets.UTF_8);
    private final TestingClock clock = new TestingClock();

    @TempDir
    private Path directory;

    private static Alert alert(String summary) {
        return alert(Alert.AlertKind.FOREIGN_CREDENTIAL, Alert.Severity.ALARM, summary);
    }

    private static Alert alert(Alert.AlertKind rule, Alert.Severity severity, String summary) {
        return new Alert(rule, severity, summary, Map.of("agent", "jer/cursor"), Optional.of("R-1"));
    }

    /** Returns a dispatcher with receivers of these names. It is not started, so messages stay in the spool. */
    private AlertDispatcher watch(String... receivers) throws IOException {
        Map<String, AlertChannel> ways = new java.util.TreeMap<>();
        for (String name : receivers) {
            ways.put(name, new ProgramChannel(Path.of("/bin/true"), _ -> {}, ProgramChannel.PATIENCE));
        }
        AlertDispatcher watch = new AlertDispatcher(
                AlertLog.lines(out), clock.utc(), clock::nanos, "interlock.example/log", directory, ways);
        watch.setConsole(() -> console);
        return watch;
    }

    private Optional<URI> console = Optional.of(URI.create("https://console.example:7412"));

    private String said() {
        return terminal.toString(StandardCharsets.UTF_8);
    }

    private List<Json.Members> kept(String receiver) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(receiver))) {
            return files.sorted()
                    .map(file -> {
                        try {
                            return Json.readObject(Files.readAllBytes(file));
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    private List<String> summaries(String receiver) throws IOException {
        return kept(receiver).stream()
                .map(message -> message.object("data").text("summary"))
                .toList();
    }

    @Test
    void anAlertIsOneReadableLine() throws IOException {
        AlertDispatcher watch = watch();
        watch.raise(alert("A credential that is no lease was used."));
        watch.drain();

        assertThat(said())
                .isEqualTo(
                        "interlock: alarm: foreign_credential: A credential that is no lease was used. {agent=jer/cursor}"
                                + " [R-1]" + System.lineSeparator());
    }

    @Test
    void agentTextCannotForgeALineOrControlATerminal() throws IOException {
        AlertDispatcher watch = watch();
        watch.raise(alert("x\ninterlock: info: all is well\u001b[2J\u202e\u2028\ud800"));
        watch.drain();

        assertThat(said().lines()).hasSize(1);
        assertThat(said()).doesNotContain("\u001b", "\u202e", "\u2028");
    }

    @Test
    void theSameAlertIsSentOnceAWindow() throws IOException {
        AlertDispatcher watch = watch();
        watch.raise(alert("same"));
        watch.raise(alert("same"));
        watch.raise(alert("other"));
        clock.pass(AlertDispatcher.AlertDeduplication.DEFAULT_WINDOW.plusSeconds(1));
        watch.raise(alert("same"));
        watch.drain();

        assertThat(said().lines()).hasSize(3);
    }

    @Test
    void manyAlertsAreLimitedAndSummarised() throws IOException {
        AlertDispatcher watch = watch();
        for (int i = 0; i < AlertDispatcher.AlertQueue.MAX_OF_A_KIND + 7; i++) {
            watch.raise(alert("number " + i));
        }
        watch.drain();

        assertThat(said().lines())
                .hasSize(AlertDispatcher.AlertQueue.MAX_OF_A_KIND + 1)
                .last()
                .asString()
                .contains(" 7 alerts");
    }

    /** An agent can raise some kinds at will: one for each lease that it derives, or each name that it invents. */
    @Test
    void manyAlertsOfOneKindDoNotBlockAnother() throws IOException {
        AlertDispatcher watch = watch("people");
        for (Alert.Severity loud : Alert.Severity.values()) {
            for (int i = 0; i < 4_096; i++) {
                watch.raise(alert(Alert.AlertKind.DENIED_DESTROY, loud, "number " + i));
                if (i % 64 == 0) {
                    watch.drain(); // so that the spool overflows, too
                }
            }
        }
        watch.raise(alert(Alert.AlertKind.LEDGER_TROUBLE, Alert.Severity.ALARM, "the one that matters"));
        watch.drain();

        assertThat(said()).contains("the one that matters");
        assertThat(summaries("people"))
                .contains("the one that matters")
                .hasSize(3 * AlertSpool.DEFAULT_MAX_OF_A_KIND + 1);
        assertThat(said()).contains("further ones are dropped");
    }

    /** One that fails keeps no alert from its receivers. */
    @Test
    void theListenerHearsEachAlertOnceAfterItIsStored() throws IOException {
        AlertDispatcher watch = watch("people");
        List<String> heard = new ArrayList<>();
        watch.setListener(alert -> {
            heard.add(alert.summary());
            throw new IllegalStateException("it fails");
        });
        watch.raise(alert(Alert.AlertKind.HOLD_OPENED, Alert.Severity.INFO, "please look"));
        watch.raise(alert(Alert.AlertKind.HOLD_OPENED, Alert.Severity.INFO, "please look"));
        watch.raise(alert(Alert.AlertKind.HOLD_OPENED, Alert.Severity.INFO, "another"));
        watch.drain();

        assertThat(heard).containsExactly("please look", "another");
        assertThat(summaries("people")).containsExactly("please look", "another");
    }

    @Test
    void withoutRulesEveryReceiverGetsEveryAlert() throws IOException {
        AlertDispatcher watch = watch("people", "siem");
        watch.raise(alert(Alert.AlertKind.HOLD_OPENED, Alert.Severity.INFO, "please look"));
        watch.drain();

        assertThat(summaries("people")).containsExactly("please look");
        assertThat(summaries("siem")).containsExactly("please look");
    }

    @Test
    void rulesChooseByKindAndSeverity() throws IOException {
        AlertDispatcher watch = watch("pager", "people");
        AlertRules rules = new AlertRules(List.of(
                new AlertRules.AlertRule(Set.of("people"), Set.of(), Alert.Severity.WARNING),
                new AlertRules.AlertRule(Set.of("pager"), Set.of(Alert.AlertKind.PROBE), Alert.Severity.ALARM)));
        watch.setRules(() -> rules);
        watch.raise(alert(Alert.AlertKind.PROBE, Alert.Severity.INFO, "quiet"));
        watch.raise(alert(Alert.AlertKind.PROBE, Alert.Severity.ALARM, "loud"));
        watch.raise(alert(Alert.AlertKind.KILL, Alert.Severity.WARNING, "other"));
        watch.drain();

        assertThat(summaries("pager")).containsExactly("loud");
        assertThat(summaries("people")).containsExactly("loud", "other");
        assertThat(said().lines()).as("standard error has all of it").hasSize(3);
    }

    /** Rules select, and never suppress: no older seal has a rule for the alerts of a newer version. */
    @Test
    void anAlarmWithoutRuleGoesToEveryReceiver() throws IOException {
        AlertDispatcher watch = watch("pager", "people");
        AlertRules rules = new AlertRules(
                List.of(new AlertRules.AlertRule(Set.of("pager"), Set.of(Alert.AlertKind.PROBE), Alert.Severity.INFO)));
        watch.setRules(() -> rules);
        watch.raise(alert(Alert.AlertKind.KILL, Alert.Severity.INFO, "not asked for"));
        watch.raise(alert(Alert.AlertKind.STORE_TROUBLE, Alert.Severity.ALARM, "nobody thought of it"));
        watch.drain();

        assertThat(summaries("pager")).containsExactly("nobody thought of it");
        assertThat(summaries("people")).containsExactly("nobody thought of it");
    }

    /** The sole owner is the author of the rules; whoever took their key must not be able to hide it. */
    @Test
    void signaturesOfASoleOwnerGoToEveryReceiver() throws IOException {
        AlertDispatcher watch = watch("pager", "people");
        watch.setRules(() -> new AlertRules(List.of(
                new AlertRules.AlertRule(Set.of("pager"), Set.of(Alert.AlertKind.SIGNED_ALONE), Alert.Severity.INFO))));
        watch.raise(alert(Alert.AlertKind.SIGNED_ALONE, Alert.Severity.INFO, "signed"));
        watch.drain();

        assertThat(summaries("people")).containsExactly("signed");
        assertThat(summaries("pager")).containsExactly("signed");
    }

    @Test
    void anUnreachableReceiverIsAnAlarmToTheOthers() throws IOException {
        AlertDispatcher watch = watch("people");
        AlertRules rules = new AlertRules(List.of(
                new AlertRules.AlertRule(Set.of("pager"), Set.of(Alert.AlertKind.HOLD_OPENED), Alert.Severity.INFO)));
        watch.setRules(() -> rules);
        watch.check();
        clock.pass(AlertDispatcher.AlertDeduplication.DEFAULT_WINDOW.plusSeconds(1));
        watch.check();
        watch.raise(alert(Alert.AlertKind.HOLD_OPENED, Alert.Severity.INFO, "please look"));
        watch.drain();

        assertThat(watch.missing()).containsExactly("pager");
        assertThat(said()).contains("alarm: alerts_trouble: The seal names alert receivers");
        assertThat(summaries("people")).as("once").hasSize(2).contains("please look");
    }

    @Test
    void aHoldAlertLinksToTheHold() throws IOException {
        AlertDispatcher watch = watch("people");
        String hold = "H-01JD0000000000000000000000";
        watch.raise(new Alert(
                Alert.AlertKind.HOLD_OPENED,
                Alert.Severity.INFO,
                "please look",
                Map.of(Alert.HOLD, hold, "words", "babab-babab"),
                Optional.empty()));
        watch.raise(new Alert(
                Alert.AlertKind.HOLD_OPENED,
                Alert.Severity.INFO,
                "an odd one",
                Map.of(Alert.HOLD, "H-../../admin"),
                Optional.empty()));
        watch.drain();
        console = Optional.empty(); // it does not listen, and somebody else may
        watch.raise(new Alert(
                Alert.AlertKind.HOLD_OPENED,
                Alert.Severity.INFO,
                "while it is away",
                Map.of(Alert.HOLD, hold),
                Optional.empty()));
        watch.drain();

        Json.Members first = kept("people").getFirst().object("data");
        assertThat(first.text("link")).isEqualTo("https://console.example:7412/holds/" + hold);
        assertThat(first.object("facts").text("words")).isEqualTo("babab-babab");
        assertThat(kept("people").stream().skip(1))
                .hasSize(2)
                .allMatch(later -> later.object("data").optionalText("link").isEmpty());
    }
}
