package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Secret;
import dev.interlock.catalog.CallReader;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Undo;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A front of another protocol than HTTP, as small as one can be: {@code GET name} reads and {@code DROP name} destroys.
 * It brings a kind of call, a reader of what calls mean, and the form of its answers. All else is the gate's.
 */
class SecondFrontTest {

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
        house.readers = (_, _) -> Optional.of(new LineReader());
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    /** A line: an operation, and the volume that it is about. */
    private record LineCall(String operation, String name) implements Call {

        @Override
        public String protocol() {
            return "line";
        }

        @Override
        public String authority() {
            return "backboard.railway.com";
        }

        @Override
        public Bytes body() {
            return Bytes.empty();
        }

        @Override
        public Json.Members canonical(SaltedDigests digests) {
            return kept();
        }

        @Override
        public boolean completesEarlier() {
            return operation.equals("COMMIT");
        }

        @Override
        public Stream<String> texts() {
            return Stream.of(operation, name);
        }

        @Override
        public Json.Members kept() {
            return Json.object().with("operation", operation).with("name", name);
        }
    }

    /** Knows two operations. */
    private static final class LineReader implements CallReader {

        @Override
        public CallReading read(Call call) {
            LineCall line = (LineCall) call;
            return switch (line.operation()) {
                case "GET", "COMMIT" -> meaning(line, Impact.READ, Reversibility.REVERSIBLE);
                case "DROP" -> meaning(line, Impact.DESTROY, Reversibility.IRREVERSIBLE);
                default ->
                    new CallReading.CallRejection(
                            "The line is neither GET nor DROP.", "Send one of these.", Refusal.Finality.FINAL);
            };
        }

        private static CallReading meaning(LineCall line, Impact impact, Reversibility reversibility) {
            Action action = new Action(
                    new Operation("railway", line.operation()),
                    Set.of(impact),
                    reversibility,
                    Set.of(new Resource("railway", "volume", line.name())),
                    List.of());
            return new CallReading.CallMeaning(
                    List.of(action), line, Optional.empty(), Optional.empty(), Optional.empty());
        }

        @Override
        public List<Action> attempted(Call call) {
            return read(call) instanceof CallReading.CallMeaning meaning ? meaning.actions() : List.of();
        }

        @Override
        public Optional<Undo> undo(Json.Members kept) {
            return Optional.empty();
        }
    }

    /** Reads a line, asks the gate, and answers in a line. */
    private String answer(String line, Secret... carried) {
        String[] words = line.split(" ");
        List<Attempt.PresentedCredential> presented = Stream.of(carried)
                .map(secret -> new Attempt.PresentedCredential("greeting", secret))
                .toList();
        Attempt attempt = new Attempt(
                "railway", presented, Optional.empty(), new LineCall(words[0], words[1]), house.clock.instant());
        return switch (house.gate.handle(attempt, house.upstream)) {
            case Outcome.Forwarded<String> forwarded -> "OK " + forwarded.answer();
            case Outcome.Held<String> held -> "WAIT " + held.hold();
            case Outcome.Refused<String> refused -> "NO " + refused.refusal().reason();
            case Outcome.DryRunOutcome<String> _ -> throw new AssertionError("no dry run");
        };
    }

    private List<String> receipts() {
        return house.receipts().stream()
                .map(receipt -> receipt.kind().word() + " "
                        + receipt.members().optionalText("protocol").orElse("-"))
                .toList();
    }

    @Test
    void aReadGoesBetweenIntentAndOutcome() {
        assertThat(answer("GET vol-1", house.token)).isEqualTo("OK the answer");
        assertThat(house.upstream.arrived).containsExactly(new LineCall("GET", "vol-1"));
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-railway-read");
        assertThat(receipts()).containsExactly("intent line", "outcome -");
    }

    @Test
    void aDestructionWaitsForASignatureAndGoesOnce() {
        String held = answer("DROP vol-1", house.token);
        assertThat(held).startsWith("WAIT ");
        assertThat(house.upstream.arrived).isEmpty();

        house.sign(held.substring("WAIT ".length()));
        assertThat(answer("DROP vol-1", house.token)).isEqualTo("OK the answer");
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-railway-destroy");
        assertThat(answer("DROP vol-1", house.token)).startsWith("NO ").contains("was destroyed");
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(receipts()).containsExactly("held line", "intent line", "outcome -", "refused line");
        assertThat(house.receipts(Receipt.Kind.INTENT).getFirst().hold()).isPresent();
    }

    /** The signature is for one line, and not for another of the same operation. */
    @Test
    void anotherLineIsNotConfirmed() {
        house.sign(answer("DROP vol-1", house.token).substring("WAIT ".length()));
        assertThat(answer("DROP vol-2", house.token)).startsWith("WAIT ");
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void whatIsNotUnderstoodOrNotAllowedIsRefused() {
        assertThat(answer("MOVE vol-1", house.token)).isEqualTo("NO The line is neither GET nor DROP.");
        assertThat(answer("DROP vol-shared", house.token)).startsWith("NO ");
        assertThat(answer("GET vol-1")).startsWith("NO ");
        assertThat(answer("GET secret-of-railway-destroy", house.token)).contains("carry a credential");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(receipts()).containsOnly("refused line");
    }

    /** A commit reads by itself, and what was written before takes effect by it. */
    @Test
    void whatCompletesAnEarlierCallIsNoReadOfTheGrace() throws IOException {
        house.close();
        house = new GateFixture(directory.resolve("grace"), "fleet: {read-grace: 30s}\n");
        house.readers = (_, _) -> Optional.of(new LineReader());
        assertThat(answer("COMMIT vol-1", house.token)).isEqualTo("OK the answer");
        house.leases.kills().serveWhile(grace -> !grace.isZero());
        assertThat(answer("GET vol-1", house.token)).isEqualTo("OK the answer");
        assertThat(answer("COMMIT vol-1", house.token)).startsWith("NO ").contains("cannot reach its store");
    }
}
