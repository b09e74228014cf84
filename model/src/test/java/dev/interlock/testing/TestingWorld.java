package dev.interlock.testing;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A small organisation. {@code ann} and {@code bob} own it, {@code cat} has only software keys, and {@code jer} owns
 * the lease. It has one upstream and two environments, one of them protected.
 */
public final class TestingWorld {

    public static final Instant START = Instant.parse("2026-11-20T08:00:00Z");
    public static final String UPSTREAM = "railway";

    public final TestingKey sealer = TestingKey.software();
    public final TestingKey ann = TestingKey.hardware();
    public final TestingKey bob = TestingKey.hardware();
    public final TestingKey cat = TestingKey.software();
    public final TestingKey jer = TestingKey.hardware();
    public final TestingKey jerSoftware = TestingKey.software();

    private final boolean softwareKeys;
    private final long sequence;

    public TestingWorld(boolean softwareKeys, long sequence) {
        this.softwareKeys = softwareKeys;
        this.sequence = sequence;
    }

    public TestingWorld() {
        this(false, 1);
    }

    /** Returns the seal's payload, as {@code interlock seal} would write it. */
    public Json.Members payload() {
        return Json.object()
                .with("type", "interlock-seal@v1")
                .with("organisation", "pocketos")
                .with("sequence", sequence)
                .with("sealed_at", START.minus(Duration.ofDays(1)).toString())
                .with("expires", START.plus(Duration.ofDays(90)).toString())
                .with("confirm", Json.object().with("software_keys", softwareKeys))
                .with(
                        "environments",
                        Json.object()
                                .with("production", Json.object().with("protected", true))
                                .with("staging", Json.object().with("protected", false)))
                .with(
                        "people",
                        Json.object()
                                .with("ann", person("owners", ann))
                                .with("bob", person("owners", bob))
                                .with("cat", person("owners", cat))
                                .with("jer", person("owners", jer, jerSoftware)))
                .with(
                        "upstreams",
                        Json.object()
                                .with(
                                        UPSTREAM,
                                        Json.object()
                                                .with("catalog", "railway")
                                                .with("address", "https://railway.test/api")
                                                .with("resolver", "railway-read")
                                                .with("credentials", credentials())));
    }

    private static Json.Members credentials() {
        return Json.object()
                .with("railway-read", slot("read", "staging", "production"))
                .with("railway-staging", slot("write", "staging"))
                .with("railway-staging-destroy", slot("destroy", "staging"))
                .with("railway-production-destroy", slot("destroy", "production"))
                .with("railway-twin-a", slot("execute", "staging"))
                .with("railway-twin-b", slot("execute", "staging"));
    }

    public static Json.Members slot(String impact, String... environments) {
        return Json.object()
                .withTexts("environments", List.of(environments))
                .withTexts("impacts", List.of(impact))
                .with("header", "authorization")
                .with("scheme", "Bearer");
    }

    private static Json.Members person(String group, TestingKey... keys) {
        return Json.object()
                .withTexts("groups", List.of(group))
                .withTexts("keys", List.of(keys).stream().map(TestingKey::line).toList());
    }

    /** Returns a payload in an envelope, signed by {@code signer}. */
    public static byte[] envelope(Json.Members payload, TestingKey signer) {
        Envelope empty = Envelope.of(SealDocument.PAYLOAD_TYPE, payload.canonical());
        return empty.signedBy(signer.sign(SealDocument.NAMESPACE, empty.pae())).write();
    }

    /** Returns the same seal in the type that the other packages use. */
    public Seal seal() {
        Map<String, Seal.Person> people = new TreeMap<>();
        SealDocument document = SealDocument.read(payload().canonical());
        document.people()
                .forEach((name, who) ->
                        people.put(name, new Seal.Person(name, who.groups(), lines(who), Optional.empty())));
        return Seal.empty(document.id(), "pocketos", sequence, START.minus(Duration.ofDays(1)), document.expires())
                .with(parts -> {
                    parts.environments = Map.of(
                            "production", new Seal.Environment("production", true, false),
                            "staging", new Seal.Environment("staging", false, false));
                    parts.people = people;
                    parts.softwareKeys = softwareKeys;
                    parts.agents = Map.of("jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of("platform")));
                });
    }

    private static List<String> lines(SealDocument.Signatory who) {
        return who.keys().stream().map(key -> key.line()).toList();
    }

    public static Lease lease(String root) {
        return new Lease(
                root,
                root,
                "jer/cursor",
                "jer",
                LeaseSigners.NOBODY,
                "fix-staging",
                Optional.of("fix-staging"),
                Set.of("staging", "production"),
                EnumSet.of(Impact.READ, Impact.WRITE, Impact.DESTROY),
                Set.of(),
                Optional.empty(),
                START,
                START.plus(Duration.ofHours(8)));
    }

    /** Returns the deletion of one volume. */
    public static ResolvedAttempt deletion(String volume, String... environments) {
        return resolved("L-1", "volumeDelete", Impact.DESTROY, volume, body(volume), environments);
    }

    /** Returns the body of the deletion of one volume. */
    public static String body(String volume) {
        return "{\"volume\":\"" + volume.length() + volume.hashCode() + "\"}";
    }

    public static ResolvedAttempt resolved(
            String lease, String operation, Impact impact, String volume, String body, String... environments) {
        Resource resource = new Resource("railway", "volume", volume);
        HttpCall call = new HttpCall(
                "POST",
                "railway.test",
                "/api/graphql/v2",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
        return new ResolvedAttempt(
                new Attempt(UPSTREAM, List.of(), Optional.empty(), call, START),
                lease(lease),
                List.of(new Action(
                        new Operation("railway", operation),
                        Set.of(impact),
                        impact == Impact.DESTROY ? Reversibility.IRREVERSIBLE : Reversibility.REVERSIBLE,
                        Set.of(resource),
                        List.of(new Fact("argument.volumeId", volume, Provenance.CLAIMED)))),
                Map.of(resource, new Placement(resource, Set.of(environments), Set.of(), Provenance.RESOLVED, true)),
                radius(impact, resource, environments),
                call,
                SaltedDigests.OPEN);
    }

    private static BlastRadius radius(Impact impact, Resource resource, String... environments) {
        Set<Resource> lost = impact == Impact.DESTROY ? Set.of(resource) : Set.of();
        return new BlastRadius(Set.of(environments), lost, List.of(), List.of(), List.of());
    }
}
