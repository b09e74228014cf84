package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.action.TraceContext;
import dev.interlock.vault.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what observers learn about attempts, and what upstreams learn about traces. */
final class ObserverTest {

    private static final Refusal CARRYING =
            Refusals.carrying(new FoundSecrets(Set.of("railway-destroy"), Set.of(), Set.of()));
    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");

    @TempDir
    private Path directory;

    private GateFixture house;
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, "");
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static TraceContext trace(String last, String state) {
        return new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b716920333" + last, 1, state);
    }

    private Outcome<String> send(HttpCall call, TraceContext trace) {
        List<Attempt.PresentedCredential> presented =
                List.of(new Attempt.PresentedCredential("header authorization", house.token));
        return house.gate.handle(
                new Attempt(
                        "railway",
                        presented,
                        Optional.empty(),
                        call,
                        house.clock.instant(),
                        false,
                        false,
                        Duration.ZERO,
                        Optional.of(trace),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        Optional::empty),
                house.upstream);
    }

    @Test
    void theObserverSeesTheStepsInOrder() {
        house.observer = new EventObserver(false);
        house.send(READ);
        assertThat(told).containsExactly("SENSE", "DECIDE", "SECURE", "OPEN", "ACT", "Forwarded");
        told.clear();
        house.send("railway", READ, new Secret("sk-foreign"));
        assertThat(told).containsExactly("SENSE", "SECURE", "Refused");
        told.clear();
        house.send(GateFixture.deletion("vol-1"));
        assertThat(told).containsExactly("SENSE", "DECIDE", "SECURE", "Held");
        told.clear();
        house.gate.unread(List.of(), Optional.empty(), "", Refusals.OURS, house.clock.instant());
        assertThat(told).containsExactly("unread");
    }

    @Test
    void aFailingObserverChangesNothing() {
        house.observer = new EventObserver(true);
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        house.observer = new Observer() {
            @Override
            public AttemptObservation begin(Attempt attempt) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void unread(Refusal refusal) {
                throw new IllegalStateException("broken");
            }
        };
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.gate.unread(List.of(), Optional.empty(), "", Refusals.OURS, house.clock.instant()))
                .startsWith("R-");
    }

    @Test
    void theUpstreamGetsTheAgentsTraceContext() {
        send(READ, trace("1", "vendor=x"));
        assertThat(house.upstream.traces).containsExactly(trace("1", "vendor=x"));
        house.send(READ);
        assertThat(house.upstream.traces).hasSize(1);
    }

    /** Each try has another trace. It must not make two tries two calls, nor be part of what people sign. */
    @Test
    void noDigestDependsOnATrace() {
        Outcome.Held<String> held = (Outcome.Held<String>) send(GateFixture.deletion("vol-1"), trace("1", "a=b"));
        house.sign(held.hold());
        assertThat(send(GateFixture.deletion("vol-1"), trace("2", "c=d"))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.traces).containsExactly(trace("2", "c=d"));
    }

    /** Trace headers are forwarded beside the call, and are searched like it. */
    @Test
    void aCredentialInATraceDoesNotLeave() throws IOException {
        String kept = "rw_kept-in-the-vault-as-well";
        house.vault.put("railway-asked-read", Store.ORDINARY, new Secret(kept));
        Outcome<String> outcome = send(READ, trace("1", "vendor=" + kept));
        assertThat(((Outcome.Refused<String>) outcome).refusal()).isEqualTo(CARRYING);
        assertThat(house.upstream.arrived).isEmpty();
    }

    private final class EventObserver implements Observer {

        private final boolean fails;

        EventObserver(boolean fails) {
            this.fails = fails;
        }

        @Override
        public AttemptObservation begin(Attempt attempt) {
            return new AttemptObservation() {
                @Override
                public void beginStep(Step step) {
                    tell(step.name());
                }

                @Override
                public Optional<TraceContext> upstreamTrace() {
                    if (fails) {
                        throw new IllegalStateException("broken");
                    }
                    return attempt.trace();
                }

                @Override
                public void end(Outcome<?> outcome) {
                    tell(outcome.getClass().getSimpleName());
                }
            };
        }

        private void tell(String what) {
            if (fails) {
                throw new IllegalStateException("broken");
            }
            told.add(what);
        }

        @Override
        public void unread(Refusal refusal) {
            tell("unread");
        }
    }
}
