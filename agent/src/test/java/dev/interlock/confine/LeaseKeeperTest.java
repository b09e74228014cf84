package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests a place with a scripted gateway. */
final class LeaseKeeperTest {

    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");
    private static final Duration SOON = Duration.ofMillis(1);

    private final FakePlaces places = new FakePlaces();

    private LeaseKeeper tenancy() {
        PlaceProvider.AgentPlace place = new PlaceProvider.AgentPlace(
                "L-1",
                Optional.empty(),
                Optional.empty(),
                new Secret(SandboxFixture.TOKEN),
                Path.of("/nowhere"),
                Path.of("/nowhere"),
                NOW,
                ExecutedPaths.usual().allHeld(),
                Map.of(),
                List.of());
        return new LeaseKeeper(places, place, InstantSource.fixed(NOW), SOON, SOON);
    }

    @Test
    void aFailedRenewalIsRetried() throws Exception {
        places.renewals.addAll(List.of(new IOException("away"), new MalformedException("what?")));
        try (LeaseKeeper tenancy = tenancy()) {
            assertThat(tenancy.place().lease()).isEqualTo("L-1");
            assertThat(places.renewed.poll(300, TimeUnit.SECONDS)).isNotNull();
            assertThat(places.renewals).isEmpty();
        }
    }

    @Test
    void answerThatIsNotUnderstoodDoesNotEndTheLooking() throws Exception {
        places.looks.addAll(List.of(
                new MalformedException("what?"), PlaceProvider.PlaceState.OPEN, PlaceProvider.PlaceState.ENDED));
        BlockingQueue<String> lost = new LinkedBlockingQueue<>();
        try (LeaseKeeper tenancy = tenancy()) {
            tenancy.whenLost(() -> {}, lost::add);
            assertThat(lost.poll(300, TimeUnit.SECONDS)).isEqualTo("it ended");
        }
        assertThat(places.looks).isEmpty();
    }

    /** What the agent reaches otherwise than by the gateway must not outlast what nobody can end any more. */
    @Test
    void connectionsAreCutWhenThePlaceIsAwayAndBeforeItsEndIsTold() throws Exception {
        places.looks.addAll(List.of(
                PlaceProvider.PlaceState.OPEN,
                PlaceProvider.PlaceState.AWAY,
                PlaceProvider.PlaceState.OPEN,
                PlaceProvider.PlaceState.ENDED));
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (LeaseKeeper tenancy = tenancy()) {
            tenancy.whenLost(() -> events.add("cut"), events::add);
            for (String event : List.of("cut", "cut", "it ended")) {
                assertThat(events.poll(300, TimeUnit.SECONDS)).isEqualTo(event);
            }
        }
        assertThat(places.looks).isEmpty();
    }

    /** Returns the given answers, one after the other. */
    private static final class FakePlaces implements PlaceProvider {

        private final Deque<Exception> renewals = new ArrayDeque<>();
        private final Deque<Object> looks = new ArrayDeque<>();
        private final BlockingQueue<String> renewed = new LinkedBlockingQueue<>();

        @Override
        public AgentPlace open(PlaceRequest errand) {
            throw new AssertionError("it is open");
        }

        @Override
        public void registerDecoys(AgentPlace place, List<MaskedCredential> decoys) {}

        @Override
        public Optional<Instant> renew(AgentPlace place) throws IOException {
            switch (renewals.poll()) {
                case IOException away -> throw away;
                case RuntimeException other -> throw other;
                case Exception other -> throw new AssertionError(other);
                case null -> {
                    renewed.add(place.lease());
                    return Optional.empty();
                }
            }
        }

        @Override
        public PlaceState checkState(AgentPlace place) {
            return switch (looks.poll()) {
                case RuntimeException other -> throw other;
                case PlaceState look -> look;
                case null, default -> throw new AssertionError("nobody looks any more");
            };
        }

        @Override
        public String end(AgentPlace place) {
            return "it ended";
        }

        @Override
        public String record(AgentPlace place, String manifest) {
            throw new AssertionError("nothing is recorded");
        }

        @Override
        public String openService(AgentPlace opened, LocalService service) {
            throw new AssertionError("there are no services");
        }

        @Override
        public boolean permitsService(AgentPlace opened, LocalService service) {
            return true;
        }

        @Override
        public void closeService(LeaseQuestion.ClosedConnection connection) {
            throw new AssertionError("there are no services");
        }

        @Override
        public void close(AgentPlace place) {}
    }
}
