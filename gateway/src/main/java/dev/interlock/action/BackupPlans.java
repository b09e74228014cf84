package dev.interlock.action;

import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a seal says of the backups that Interlock takes.
 *
 * @param attesters OpenSSH public keys, one line each: whose word it is that a backup was restored
 * @param plans by name
 */
public record BackupPlans(List<String> attesters, Map<String, Plan> plans) {

    /** None, and nobody is believed. */
    public static final BackupPlans NONE = new BackupPlans(List.of(), Map.of());

    /**
     * What one plan's backups are; how they are taken is no matter of the seal's.
     *
     * @param of the resource that they bring back
     * @param domain the failure domain that they lie in, as {@code hetzner:box/u1}; a resource of an upstream's, if
     *     they would go with it
     */
    public record Plan(Resource of, String domain) {}

    public BackupPlans {
        attesters = List.copyOf(attesters);
        plans = Collections.unmodifiableMap(new TreeMap<>(plans));
    }

    /**
     * The same for whoever checks what people confirmed. @throws dev.interlock.evidence.MalformedException if a key is
     * none
     */
    public SealDocument.Backups evidence() {
        Map<String, SealDocument.BackupPlan> all = new TreeMap<>();
        plans.forEach((name, plan) ->
                all.put(name, new SealDocument.BackupPlan(plan.of().toString(), plan.domain())));
        return new SealDocument.Backups(
                attesters.stream().map(SshPublicKey::parse).collect(Collectors.toSet()), all);
    }
}
