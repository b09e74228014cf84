package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A seal of two environments, of which production is protected, and one upstream, {@code railway}. */
record TestingSeal(Map<Resource, Placement> resources, List<Backup> backups, URI address, Optional<String> resolver) {

    static final String PRODUCTION = "9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001";
    static final String STAGING = "5d1a9c52-5b0c-4f5e-8f6a-57a61a9e0002";
    static final String PROJECT = "7b0e4f0a-1d6c-4a55-9a1e-0c0c0c0c0c01";
    static final String SHARED = "3d2c42fb-6a3e-4c1b-b2f7-0b00c1e55ed1";
    static final String SHARED_IN_PRODUCTION = "1e57a9ce-0001-4000-8000-9d0d0c100001";
    static final String SHARED_IN_STAGING = "1e57a9ce-0002-4000-8000-57a61a9e0002";
    static final String SCRATCH = "d15b05ab-1e00-4c1b-b2f7-57a61a9e0003";
    static final String SCRATCH_MOUNT = "1e57a9ce-0003-4000-8000-57a61a9e0002";
    static final String API = "aa54c1e0-2b5f-4b4e-8d7c-5e4f1ce00001";
    static final String NIGHTLY = "bac00001-0000-4000-8000-000000000001";

    static TestingSeal empty(URI address) {
        return new TestingSeal(Map.of(), List.of(), address, Optional.of("railway-read"));
    }

    static TestingSeal bound(URI address) {
        return empty(address)
                .with(resource("environment", PRODUCTION), "production")
                .with(resource("environment", STAGING), "staging");
    }

    static Resource resource(String type, String id) {
        return new Resource("railway", type, id);
    }

    TestingSeal with(Resource resource, String... environments) {
        Map<Resource, Placement> more = new TreeMap<>(resources);
        more.put(resource, new Placement(resource, Set.of(environments), Set.of(), Provenance.SEALED, true));
        return new TestingSeal(more, backups, address, resolver);
    }

    TestingSeal with(Backup... declared) {
        return new TestingSeal(resources, List.of(declared), address, resolver);
    }

    TestingSeal withoutResolver() {
        return new TestingSeal(resources, backups, address, Optional.empty());
    }

    Seal seal() {
        return Seal.empty("0".repeat(64), "pocketos", 1, Instant.EPOCH, Instant.MAX)
                .with(parts -> {
                    parts.environments = Map.of(
                            "production", new Seal.Environment("production", true, false),
                            "staging", new Seal.Environment("staging", false, false));
                    parts.upstreams = Map.of(
                            "railway",
                            new Seal.Upstream(
                                    "railway",
                                    "railway",
                                    address,
                                    Optional.empty(),
                                    List.of(),
                                    resolver,
                                    resources,
                                    backups));
                });
    }
}
