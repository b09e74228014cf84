package dev.interlock.confirm;

import dev.interlock.action.KeptTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** Holds in memory, whose whole state can be taken and put back. Only for what a search of the model needs. */
final class MemoryHoldStore implements HoldStore {

    /** A fault of a store, to show that a search finds it. */
    enum Fault {
        NONE,
        /** A grant is used without a look at its count. */
        GRANTS_ALWAYS,
        /** A crash takes back what was used. */
        FORGETS_USE,
        /** Every step of a plan counts as done. */
        FORGETS_ORDER,
        /** What ends a step of a plan does not end the others. */
        KEEPS_REST
    }

    /** The state; values are immutable. */
    record Snapshot(
            Map<String, Hold> holds,
            Map<String, HoldGrant> grants,
            Map<String, String> ended,
            Set<String> done,
            Set<String> uses) {
        static final Snapshot EMPTY = new Snapshot(Map.of(), Map.of(), Map.of(), Set.of(), Set.of());
    }

    private final Fault fault;
    private Map<String, Hold> holds = new TreeMap<>();
    private Map<String, HoldGrant> grants = new TreeMap<>();
    private Map<String, String> ended = new HashMap<>();
    private Set<String> done = new HashSet<>();
    private Set<String> uses = new HashSet<>();

    MemoryHoldStore(Fault fault) {
        this.fault = fault;
    }

    Snapshot snapshot() {
        return new Snapshot(
                Map.copyOf(holds), Map.copyOf(grants), Map.copyOf(ended), Set.copyOf(done), Set.copyOf(uses));
    }

    void restore(Snapshot state) {
        holds = new TreeMap<>(state.holds());
        grants = new TreeMap<>(state.grants());
        ended = new HashMap<>(state.ended());
        done = new HashSet<>(state.done());
        uses = new HashSet<>(state.uses());
    }

    @Override
    public void begin(Predicate<String> counts, Consumer<String> changed) {}

    @Override
    public List<Hold> recent(String lease, Instant now) {
        return read(rows -> rows.recent(lease, now));
    }

    @Override
    public Optional<List<Hold>> use(Hold signed, Hold used, Instant now) {
        return write(rows -> {
            List<Hold> before = rows.recent(signed.statement().lease(), now);
            rows.reach(now);
            return rows.move(signed, used) ? Optional.of(before) : Optional.empty();
        });
    }

    @Override
    public <T> T read(Function<HoldRows, T> work) {
        return work.apply(new Rows());
    }

    @Override
    public <T> T write(Function<HoldRows, T> work) {
        Snapshot before = snapshot();
        try {
            return work.apply(new Rows());
        } catch (RuntimeException e) {
            restore(before);
            throw e;
        }
    }

    @Override
    public <T> T writeForLease(String lease, Function<HoldRows, T> work) {
        return write(work);
    }

    private final class Rows implements HoldRows {

        private List<Hold> where(Predicate<Hold> condition) {
            return holds.values().stream().filter(condition).toList();
        }

        @Override
        public Optional<Hold> find(String id) {
            return Optional.ofNullable(holds.get(id));
        }

        @Override
        public Optional<Hold> liveOf(String lease, String request) {
            return liveOf(lease).stream()
                    .filter(hold -> hold.statement().requestDigest().equals(request))
                    .findFirst();
        }

        @Override
        public List<Hold> liveOf(String lease) {
            return where(
                    hold -> hold.state().isLive() && hold.statement().lease().equals(lease));
        }

        @Override
        public List<Hold> recent(String lease, Instant now) {
            return where(hold -> hold.statement().lease().equals(lease));
        }

        @Override
        public List<Hold> questionsOf(String agent, Instant now) {
            return where(hold -> hold.state() == HoldState.OPEN);
        }

        @Override
        public void grant(String lease, HoldGrant grant) {
            grants.put(grant.hold(), grant);
        }

        private boolean isOpen(HoldGrant grant, Instant now) {
            return !ended.containsKey(grant.hold())
                    && (grant.used() < grant.calls() || fault == Fault.GRANTS_ALWAYS)
                    && now.isBefore(grant.until());
        }

        @Override
        public List<HoldGrant> grants(Optional<String> lease, Instant now) {
            return grants.values().stream().filter(grant -> isOpen(grant, now)).toList();
        }

        @Override
        public OptionalLong useGrant(String hold, String intent, Instant now) {
            HoldGrant grant = grants.get(hold);
            if (grant == null || !isOpen(grant, now)) {
                return OptionalLong.empty();
            }
            grants.put(hold, new HoldGrant(hold, grant.calls(), grant.until(), grant.used() + 1));
            uses.add(intent);
            return OptionalLong.of(grant.used() + 1);
        }

        @Override
        public boolean hasUsedGrant(String intent) {
            return uses.contains(intent);
        }

        @Override
        public boolean endGrant(String hold, String why) {
            return grants.containsKey(hold) && ended.putIfAbsent(hold, why) == null;
        }

        @Override
        public void insert(Hold hold, boolean isByAgent) {
            holds.put(hold.id(), hold);
        }

        @Override
        public List<Hold> plan(Hold step) {
            return step.place()
                    .map(place -> where(hold -> hold.place()
                            .filter(other -> other.first().equals(place.first()))
                            .isPresent()))
                    .orElse(List.of());
        }

        @Override
        public boolean isDone(String hold) {
            return done.contains(hold) || fault == Fault.FORGETS_ORDER;
        }

        @Override
        public void finish(Hold hold) {
            done.add(hold.id());
        }

        @Override
        public boolean move(Hold from, Hold to) {
            if (holds.get(from.id()).state() != from.state()
                    || (fault == Fault.KEEPS_REST
                            && to.ending()
                                    .filter(why -> why.startsWith("Step "))
                                    .isPresent())) {
                return false;
            }
            holds.put(from.id(), fault == Fault.FORGETS_USE && to.state() == HoldState.CONSUMED ? from : to);
            return true;
        }

        @Override
        public KeptTexts texts(String hold) {
            return KeptTexts.NONE;
        }

        @Override
        public Optional<Json> body(String hold) {
            return Optional.empty();
        }

        @Override
        public void show(String hold, Json.Array body) {}

        @Override
        public void keep(String hold, Collection<SaltedText> texts) {}

        @Override
        public Instant reached() {
            return Instant.EPOCH;
        }

        @Override
        public void reach(Instant now) {}

        @Override
        public void goBackTo(Instant now) {}

        @Override
        public List<Hold> live(String after, int most) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> signed() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> due(Instant now) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> unanswered(Instant opened, String rung) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<HoldHead> liveHeads() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> newlyExpired() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> ofAgent(String agent, Instant now) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> ended(int most) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> endedBefore(String hold, int most) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean escalate(String hold, String rung) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void recordView(String hold, String peer, Instant at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<Instant> firstView(String hold, String peer) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long signedSince(String person, Instant since) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Hold> consumedSince(Instant opened) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void replace(Hold from, Hold to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void forgetTextsBefore(String hold) {
            throw new UnsupportedOperationException();
        }
    }
}
