package dev.interlock.action;

import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The seal's rules for the backups that Interlock takes.
 *
 * @param attesters the keys that may attest a restored backup: OpenSSH public keys, one line each
 * @param expendable resources without data that would have to be restored; they need no plan
 */
public record BackupPlans(List<String> attesters, Map<String, Plan> plans, Set<Resource> expendable) {

    public static final BackupPlans NONE = new BackupPlans(List.of(), Map.of());

    /** Creates rules in which everything that holds data needs a plan. */
    public BackupPlans(List<String> attesters, Map<String, Plan> plans) {
        this(attesters, plans, Set.of());
    }

    /**
     * One plan of backups. How the backups are taken is not part of the seal.
     *
     * @param domain the failure domain that they lie in, as {@code hetzner:storage-box/4711}; a resource of an
     *     upstream, if they would go with it
     * @param deletableBy every credential that could delete its backups, slots of the vault by their names; empty if
     *     unknown, which is not the same as none
     * @param copyOf the plan that saves the same, if that was said: one of both is enough then
     */
    public record Plan(
            Resource of,
            String domain,
            RecoveryTargets targets,
            Optional<Set<String>> deletableBy,
            Optional<String> copyOf) {
        public Plan {
            deletableBy = deletableBy.map(names -> Collections.unmodifiableSet(new TreeSet<>(names)));
        }

        public Plan(Resource of, String domain) {
            this(of, domain, RecoveryTargets.USUAL, Optional.empty(), Optional.empty());
        }

        private List<String> looserThan(Plan before) {
            List<String> looser = new ArrayList<>();
            if (!of.equals(before.of)) {
                looser.add("restore `" + of + "` instead of `" + before.of + "`");
            }
            if (!domain.equals(before.domain)) {
                looser.add("are stored in `" + domain + "` instead of `" + before.domain + "`");
            }
            before.deletableBy.ifPresent(old -> deletableBy.ifPresentOrElse(
                    now -> now.stream()
                            .filter(one -> !old.contains(one))
                            .forEach(one -> looser.add("can be deleted by `" + one + "` too")),
                    () -> looser.add("no longer name the credentials that can delete them")));
            looser.addAll(targets.looserThan(before.targets));
            return looser;
        }
    }

    /**
     * The recovery targets: how much data may be lost, and how long a recovery may take.
     *
     * @param point maximum age of the youngest restored backup: what was written since would be gone
     * @param time maximum duration of a recovery, if one is set
     * @param rehearsalAge maximum age of the last rehearsal of the recovery, if one is set
     */
    public record RecoveryTargets(Duration point, Optional<Duration> time, Optional<Duration> rehearsalAge) {

        /**
         * The default. A daily backup is a day old when the next one is taken, and it counts only once that one was
         * restored.
         */
        public static final RecoveryTargets USUAL =
                new RecoveryTargets(Duration.ofDays(2), Optional.empty(), Optional.empty());

        /** Returns the stricter of both, member by member. */
        public RecoveryTargets and(RecoveryTargets that) {
            return new RecoveryTargets(
                    point.compareTo(that.point) <= 0 ? point : that.point,
                    shorter(time, that.time),
                    shorter(rehearsalAge, that.rehearsalAge));
        }

        private List<String> looserThan(RecoveryTargets before) {
            List<String> looser = new ArrayList<>();
            looser(Optional.of(point), Optional.of(before.point))
                    .ifPresent(words -> looser.add("may be " + words + " old"));
            looser(time, before.time).ifPresent(words -> looser.add("may take " + words + " to restore everything"));
            looser(rehearsalAge, before.rehearsalAge)
                    .ifPresent(words -> looser.add("may have had their last rehearsal " + words + " ago"));
            return looser;
        }

        private static Optional<String> looser(Optional<Duration> now, Optional<Duration> before) {
            return before.filter(
                            old -> now.filter(one -> one.compareTo(old) <= 0).isEmpty())
                    .map(old ->
                            now.map(one -> Durations.write(one) + " and not ").orElse("any time, and not ")
                                    + Durations.write(old));
        }

        private static Optional<Duration> shorter(Optional<Duration> one, Optional<Duration> other) {
            return Stream.concat(one.stream(), other.stream()).min(Comparator.naturalOrder());
        }
    }

    public BackupPlans {
        attesters = List.copyOf(attesters);
        plans = Collections.unmodifiableMap(new TreeMap<>(plans));
        expendable = Collections.unmodifiableSet(new TreeSet<>(expendable));
    }

    /**
     * Returns the plan that {@code name} is a copy of, or {@code name} itself. Of all plans in a group, one is enough.
     */
    public String group(String name) {
        return Optional.ofNullable(plans.get(name)).flatMap(Plan::copyOf).orElse(name);
    }

    /** Returns the plans that save {@code of}, by {@link #group}. */
    public Map<String, Set<String>> groups(Resource of) {
        Map<String, Set<String>> groups = new TreeMap<>();
        plans.forEach((name, plan) -> {
            if (plan.of().equals(of)) {
                groups.computeIfAbsent(group(name), _ -> new TreeSet<>()).add(name);
            }
        });
        return groups;
    }

    /**
     * Returns how this is less strict than {@code before}, each point in a sentence without a full stop. The signer of
     * the seal is shown them. A removed plan leaves data that nobody promises to restore. Changes of who may delete
     * backups or attest them are reported too.
     */
    public List<String> looserThan(BackupPlans before) {
        List<String> looser = new ArrayList<>();
        before.plans.forEach((name, old) -> Optional.ofNullable(plans.get(name))
                .ifPresentOrElse(
                        now -> now.looserThan(old)
                                .forEach(words -> looser.add("the backups of plan `" + name + "` " + words)),
                        () -> gone(before, name, old, looser)));
        plans.forEach((name, plan) -> plan.copyOf()
                // Neither of two new plans can have replaced an old one.
                .filter(of -> before.plans.containsKey(of) || before.plans.containsKey(name))
                .filter(of -> !before.group(name).equals(before.group(of)))
                .ifPresent(of ->
                        looser.add("the backups of plan `" + name + "` count instead of those of plan `" + of + "`")));
        expendable.stream()
                .filter(one -> !before.expendable.contains(one))
                .forEach(one -> looser.add("nothing in `" + one + "` needs a backup any more"));
        if (!before.attesters.isEmpty()) {
            attesters.stream()
                    .filter(key -> !before.attesters.contains(key))
                    .forEach(key -> looser.add(
                            "attestations signed by `" + SshPublicKey.parse(key).fingerprint() + "` count"));
        }
        return List.copyOf(looser);
    }

    /**
     * Reports a removed plan. If a copy takes over, its targets are compared. No other plan is known to save the same.
     */
    private void gone(BackupPlans before, String name, Plan old, List<String> looser) {
        Optional<Map.Entry<String, Plan>> other = plans.entrySet().stream()
                .filter(plan -> before.plans.containsKey(plan.getKey())
                        && before.group(plan.getKey()).equals(before.group(name))
                        && plan.getValue().of().equals(old.of()))
                .findFirst();
        if (other.isEmpty()) {
            looser.add("plan `" + name + "` is removed: no plan saves `" + old.of() + "` in its place");
        } else {
            other.get()
                    .getValue()
                    .looserThan(old)
                    .forEach(words -> looser.add("the backups of plan `"
                            + other.get().getKey() + "`, which replaces `" + name + "`, " + words));
        }
    }

    /**
     * Returns the same for the verifier of confirmations; throws {@link dev.interlock.evidence.MalformedException} if a
     * key is malformed.
     */
    public SealDocument.AttestationRules evidence() {
        Map<String, SealDocument.SealedPlan> all = new TreeMap<>();
        plans.forEach((name, plan) -> all.put(
                name,
                new SealDocument.SealedPlan(plan.of().toString(), plan.domain(), plan.deletableBy(), plan.copyOf())));
        return new SealDocument.AttestationRules(
                attesters.stream().map(SshPublicKey::parse).collect(Collectors.toSet()), all);
    }
}
