package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReading;
import dev.interlock.inventory.Inventory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The deletions of branches and tags that calls ask for without Git. Each is judged as the push that deletes the same:
 * the repository says what would be lost, and the state is kept alike.
 */
final class RefDeletions {

    /** Maximum deletions of one call that repositories are asked about. The others mean what they say by themselves. */
    static final int MAX_READ = 10;

    private final PushReader pushes;
    private final PresentState present;
    private final Inventory inventory;

    RefDeletions(PushReader pushes, PresentState present, Inventory inventory) {
        this.pushes = pushes;
        this.present = present;
        this.inventory = inventory;
    }

    /** What a deletion does, and the state before it if that is kept. */
    record DeletedRef(List<Action> actions, Optional<PriorState> prior) {}

    /**
     * Reads what {@code meaning} does, if it is one action that deletes a ref and nothing else. Empty if it is not, if
     * the lease does not cover it, or if no repository is there to ask: then the call means what it says by itself.
     */
    Optional<DeletedRef> read(
            AttemptResolver.ReadCall call, CallReading.CallMeaning meaning, boolean mayKeep, long number) {
        List<Action> actions = meaning.actions();
        if (!isAlone(call, actions, meaning.deletions()) || !mayAsk(call, actions)) {
            return Optional.empty();
        }
        return switch (meaning.deletions().getFirst()) {
            case CallReading.NamedDeletion named -> read(call, named, mayKeep, number);
            case CallReading.NodeDeletion node ->
                named(call, List.of(node))
                        .findFirst()
                        .flatMap(found -> read(call, found.named(), mayKeep, number))
                        .map(read -> as(actions.getFirst(), read));
        };
    }

    /** Returns {@code actions}, of a call that may do more, with all that its deletions lose. No state is kept. */
    List<Action> within(AttemptResolver.ReadCall call, List<Action> actions, List<CallReading.RefDeletion> deletions) {
        List<CallReading.NodeDeletion> nodes = deletions.stream()
                .filter(CallReading.NodeDeletion.class::isInstance)
                .map(CallReading.NodeDeletion.class::cast)
                .toList();
        if (nodes.isEmpty()
                || nodes.size() > MAX_READ
                || isAlone(call, actions, deletions) // it could not be read
                || !mayAsk(call, actions)) {
            return actions;
        }
        List<Action> more = new ArrayList<>();
        Set<Integer> replaced = new HashSet<>();
        named(call, nodes)
                .forEach(found -> read(call, found.named(), false, 0).ifPresent(read -> {
                    Action own = actions.get(found.node().action());
                    more.addAll(as(own, read).actions());
                    if (isAll(call, actions, found.node())) {
                        replaced.add(found.node().action());
                    }
                }));
        return Stream.concat(
                        IntStream.range(0, actions.size())
                                .filter(place -> !replaced.contains(place))
                                .mapToObj(actions::get),
                        more.stream())
                .toList();
    }

    private boolean mayAsk(AttemptResolver.ReadCall call, List<Action> actions) {
        return !call.attempt().isProbe() && present.isCovered(call, actions);
    }

    private static boolean isAlone(
            AttemptResolver.ReadCall call, List<Action> actions, List<CallReading.RefDeletion> deletions) {
        return actions.size() == 1
                && deletions.size() == 1
                && switch (deletions.getFirst()) {
                    case CallReading.NamedDeletion _ -> true;
                    case CallReading.NodeDeletion node -> isAll(call, actions, node);
                };
    }

    /** Returns whether nothing else is done, and no rule of the seal is about just this way to do it. */
    private static boolean isAll(
            AttemptResolver.ReadCall call, List<Action> actions, CallReading.NodeDeletion deletion) {
        return deletion.isAll() && !call.seal().mentions(actions.get(deletion.action()));
    }

    /** Returns {@code read}, done as incompletely as {@code own} may be. */
    private static DeletedRef as(Action own, DeletedRef read) {
        return new DeletedRef(
                read.actions().stream()
                        .map(action -> new Action(
                                action.operation(),
                                action.impacts(),
                                action.reversibility(),
                                action.resources(),
                                action.facts(),
                                own.piecemeal()))
                        .toList(),
                read.prior());
    }

    private record FoundDeletion(CallReading.NodeDeletion node, CallReading.NamedDeletion named) {}

    /** Returns the deletions whose ref and repository the provider tells. */
    private Stream<FoundDeletion> named(AttemptResolver.ReadCall call, List<CallReading.NodeDeletion> nodes) {
        Map<Resource, Inventory.NamedNode> told = inventory.name(
                call.seal(),
                call.upstream().name(),
                call.lease().agent(),
                nodes.stream().map(CallReading.NodeDeletion::node).collect(Collectors.toSet()),
                call.freshness());
        return nodes.stream()
                .flatMap(node -> Optional.ofNullable(told.get(node.node()))
                        .flatMap(known -> node.ref()
                                .or(known::ref)
                                .flatMap(ref -> node.named().apply(known.container(), ref)))
                        .map(named -> new FoundDeletion(node, named))
                        .stream());
    }

    private Optional<DeletedRef> read(
            AttemptResolver.ReadCall call, CallReading.NamedDeletion deletion, boolean mayKeep, long number) {
        return repositories(call.seal(), call.upstream())
                .flatMap(host -> read(call, deletion, mayKeep, number, host).stream())
                .findFirst();
    }

    private Optional<DeletedRef> read(
            AttemptResolver.ReadCall call,
            CallReading.NamedDeletion deletion,
            boolean mayKeep,
            long number,
            Seal.Upstream host) {
        PushReader.PushRequest request = new PushReader.PushRequest(
                call.seal(),
                host,
                deletion.push(host.address().getRawAuthority()),
                call.lease().root(),
                call.lease().agent(),
                _ -> false,
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
