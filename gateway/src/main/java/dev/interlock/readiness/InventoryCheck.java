package dev.interlock.readiness;

import dev.interlock.action.Backup;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.admin.InventoryCommands;
import dev.interlock.author.Patterns;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LossExposure;
import dev.interlock.inventory.ProviderTokens.ProviderToken;
import dev.interlock.inventory.ProviderTokens;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Computes the worst cost of a single call for each resource, before an incident does. */
public final class InventoryCheck implements InventoryCommands {

    private final Supplier<Optional<Seal>> seals;
    private final Inventory inventory;
    private final CatalogFacts catalogs;

    public InventoryCheck(Supplier<Optional<Seal>> seals, Inventory inventory, CatalogFacts catalogs) {
        this.seals = seals;
        this.inventory = inventory;
        this.catalogs = catalogs;
    }

    @Override
    public Json.Members check() {
        List<Json> exposures = new ArrayList<>();
        List<String> unasked = new ArrayList<>();
        List<String> bySeal = new ArrayList<>();
        List<String> harmless = new ArrayList<>();
        seals.get()
                .ifPresent(seal -> seal.upstreams().values().forEach(upstream -> {
                    if (!destroys(seal, upstream)) {
                        harmless.add(upstream.name());
                        return;
                    }
                    try {
                        inventory.examine(seal, upstream).forEach(exposure -> exposures.add(json(seal, exposure)));
                    } catch (IOException e) {
                        List<LossExposure> told = inventory.examineSealed(seal, upstream);
                        told.forEach(exposure -> exposures.add(json(seal, exposure)));
                        boolean knows = !told.isEmpty()
                                || !upstream.resources().isEmpty()
                                || !upstream.patterns().isEmpty();
                        // A provider that did not answer may know more than the seal.
                        (knows && !inventory.lists(upstream) ? bySeal : unasked)
                                .add(upstream.name() + ": " + e.getMessage());
                    }
                }));
        return Json.object()
                .with("exposures", new Json.Array(exposures))
                .withTexts(
                        "expendable",
                        seals.get().map(seal -> seal.backups().expendable()).orElse(Set.of()).stream()
                                .map(Resource::toString))
                .with("patterns", new Json.Array(patterns()))
                .withTexts("not_examined", unasked)
                .withTexts("by_seal_alone", bySeal)
                .withTexts("nothing_destroys", harmless);
    }

    /**
     * Returns whether any call through {@code upstream} could destroy something. Upstreams for models and for packages
     * cannot. An operation that is in no catalog, or that the seal classifies, is refused or counted as the seal says.
     */
    private boolean destroys(Seal seal, Seal.Upstream upstream) {
        boolean classified = seal.classify().entrySet().stream()
                .anyMatch(entry -> entry.getKey().provider().equals(upstream.catalog())
                        && entry.getValue().contains(Impact.DESTROY));
        return classified || catalogs.of(seal).mayDestroy(upstream.catalog());
    }

    @Override
    public Json.Members dependents(String upstream, String resource) {
        Resource asked = Resource.parse(resource);
        List<Json> services = new ArrayList<>();
        seals.get()
                .map(seal -> seal.upstreams().get(upstream))
                .ifPresent(known -> inventory
                        .uses(known, asked)
                        .forEach(use -> services.add(
                                Json.object().with("service", use.service()).with("environment", use.environment()))));
        return Json.object().with("services", new Json.Array(services));
    }

    @Override
    public Json.Members tokens(Optional<String> upstream) {
        List<Json> tokens = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        List<Seal.Upstream> asked = seals.get().stream()
                .flatMap(seal -> seal.upstreams().values().stream())
                .filter(one -> upstream.isEmpty() || upstream.get().equals(one.name()))
                .toList();
        if (asked.isEmpty()) {
            unread.add(upstream.map(name -> "`" + name + "` is not an upstream of the seal in " + "force")
                    .orElse("no seal is in force"));
        }
        for (Seal.Upstream one : asked) {
            try {
                ProviderTokens found = inventory.tokens(seals.get().orElseThrow(), one);
                found.all().forEach(token -> tokens.add(json(one.name(), token)));
                found.unread().forEach(why -> unread.add(one.name() + ": " + why));
            } catch (IOException e) {
                unread.add(one.name() + ": " + e.getMessage());
            }
        }
        return Json.object().with("tokens", new Json.Array(tokens)).withTexts("not_read", unread);
    }

    private static Json json(String upstream, ProviderToken token) {
        return Json.object()
                .with("upstream", upstream)
                .with("kind", token.kind())
                .with("id", token.id())
                .with("name", token.name())
                .with("reach", token.reach())
                .with("red", token.isRed())
                .withTexts("marks", token.sortedMarks().stream().map(ProviderToken.TokenMark::word))
                .withOptional("created", token.dates().created().map(Instant::toString))
                .withOptional("used", token.dates().used().map(Instant::toString))
                .withOptional("expires", token.dates().expires().map(Instant::toString));
    }

    /** Returns the name patterns of the seal. They cover resources that no provider is asked about. */
    private List<Json> patterns() {
        List<Json> patterns = new ArrayList<>();
        seals.get()
                .ifPresent(seal -> seal.upstreams()
                        .values()
                        .forEach(upstream -> upstream.patterns()
                                .forEach(pattern -> patterns.add(Json.object()
                                        .with("upstream", upstream.name())
                                        .with("pattern", pattern.toString())
                                        .with("covers", Patterns.coverage(upstream, pattern))))));
        return patterns;
    }

    private static Json.Members json(Seal seal, LossExposure exposure) {
        return Json.object()
                .with("upstream", exposure.upstream())
                .with("resource", exposure.resource().toString())
                .withTexts("environments", exposure.environments())
                .withTexts(
                        "plans",
                        seal.backups().groups(exposure.resource()).values().stream()
                                .flatMap(Set::stream)
                                .sorted())
                .withTexts("dies_with_it", ids(exposure.lostBackups()))
                .withTexts("survives", ids(exposure.survivors()))
                .withTexts(
                        "apart_by_seal_alone",
                        ids(exposure.survivors().stream()
                                .filter(Backup::isSeparationUnseen)
                                .toList()))
                .withTexts("nothing_left_of", exposure.plansWithoutBackup(seal))
                .withTexts("concerns", exposure.concerns().stream().map(LossExposure.LossConcern::word));
    }

    private static List<String> ids(List<Backup> backups) {
        return backups.stream().map(Backup::id).toList();
    }
}
