package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReading;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The deletions of branches and tags that calls ask for without Git. Each is judged as the push that deletes the same:
 * the repository says what would be lost, and the state is kept alike.
 */
final class RefDeletions {

    private final PushReader pushes;
    private final PresentState present;

    RefDeletions(PushReader pushes, PresentState present) {
        this.pushes = pushes;
        this.present = present;
    }

    /** What a deletion does, and the state before it if that is kept. */
    record DeletedRef(List<Action> actions, Optional<PriorState> prior) {}

    /**
     * Reads what {@code deletion} does. Empty if the lease does not cover it, or no repository is there to ask: then
     * the call means what it says by itself.
     *
     * @param said the actions of the call by itself
     */
    Optional<DeletedRef> read(
            AttemptResolver.ReadCall call,
            List<Action> said,
            CallReading.RefDeletion deletion,
            boolean mayKeep,
            long number) {
        if (call.attempt().isProbe() || !present.isCovered(call, said)) {
            return Optional.empty();
        }
        return repositories(call.seal(), call.upstream())
                .flatMap(host -> read(call, deletion, mayKeep, number, host).stream())
                .findFirst();
    }

    private Optional<DeletedRef> read(
            AttemptResolver.ReadCall call,
            CallReading.RefDeletion deletion,
            boolean mayKeep,
            long number,
            Seal.Upstream host) {
        PushReader.PushRequest request = new PushReader.PushRequest(
                call.seal(),
                host,
                deletion.push(host.address().getRawAuthority()),
                call.lease().root(),
                call.lease().agent(),
                _ -> false);
        Optional<PushReader.PushReading.ReadPush> read = pushes.readDeletion(request, deletion.ref());
        try {
            return read.map(known -> {
                Optional<PriorState> prior = mayKeep && mayPush(call.upstream(), host)
                        ? present.prior(call, deletion.rules(), known, number).map(state -> state.at(host.name()))
                        : Optional.empty();
                return new DeletedRef(
                        prior.map(PriorState::actions)
                                .orElseGet(() -> deletion.rules().judge(known.refs())),
                        prior);
            });
        } finally {
            read.ifPresent(known -> known.outgoing().discard());
        }
    }

    /** Returns whether a push can put back there what the call deletes. */
    private static boolean mayPush(Seal.Upstream api, Seal.Upstream host) {
        return host.equals(api)
                || host.credentials().stream().anyMatch(slot -> slot.impacts().contains(Impact.WRITE));
    }

    /**
     * Returns the upstreams that may have the repositories of {@code api}: itself, and the host that its name adds to.
     */
    private static Stream<Seal.Upstream> repositories(Seal seal, Seal.Upstream api) {
        return Stream.concat(
                Stream.of(api),
                new TreeMap<>(seal.upstreams())
                        .values().stream()
                                .filter(other -> !other.equals(api)
                                        && other.catalog().equals(api.catalog())
                                        && isHostOf(
                                                other.address().getHost(),
                                                api.address().getHost())));
    }

    private static boolean isHostOf(String host, String api) {
        return Objects.equals(host, api) || Objects.equals("api." + host, api);
    }
}
