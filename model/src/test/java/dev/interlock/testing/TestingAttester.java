package dev.interlock.testing;

import dev.interlock.action.BackupPlans;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.RestoreAttestation;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A signer of restore attestations for one plan, with the lines that a seal has about it. */
public final class TestingAttester {

    public static final String PLAN = "shop-db";
    public static final String DOMAIN = "hetzner:box/u1";

    private final TestingKey key = TestingKey.software();
    private final Resource of;

    /** Returns a backup's name, a different one for each {@code number} from 0 to 9. */
    public static String id(int number) {
        return "20261120T000000Z-0000b" + number;
    }

    public TestingAttester(Resource of) {
        this.of = of;
    }

    public BackupPlans plans() {
        return new BackupPlans(List.of(key.line()), Map.of(PLAN, new BackupPlans.Plan(of, DOMAIN)));
    }

    /** Returns the plan as it stands in a seal's payload. */
    public Json.Members sealed() {
        Json.Members plan =
                Json.object().with("of", of.toString()).with("domain", DOMAIN).withTexts("deletable_by", List.of());
        return Json.object()
                .withTexts("attesters", List.of(key.line()))
                .with("plans", Json.object().with(PLAN, plan));
    }

    /** Returns the attestation for {@code backup}, in which {@code wrong} failed. */
    public Json.Members says(String backup, Instant takenAt, Instant triedAt, String... wrong) {
        return Json.object()
                .with("type", RestoreAttestation.TYPE)
                .with("plan", PLAN)
                .with("of", of.toString())
                .with("backup", backup)
                .with("taken_at", takenAt.toString())
                .with("tried_at", triedAt.toString())
                .with("restored", wrong.length == 0)
                .withTexts("wrong", List.of(wrong))
                .with("separation", "unknown")
                .with("tables", 3)
                .with("rows", 1000)
                .with("changed", 0)
                .with("origin_sha256", "0a".repeat(32))
                .with("target_sha256", "0b".repeat(32))
                .with("took_seconds", 4);
    }

    public String sign(Json.Members said) {
        return key.sign(RestoreAttestation.NAMESPACE, said.canonical());
    }
}
