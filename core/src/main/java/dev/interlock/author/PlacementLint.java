package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.Seal;
import dev.interlock.author.LintFinding.LintFindingKind;
import dev.interlock.policy.SealIssue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds mistakes in the places that a seal gives to resources. */
final class PlacementLint {

    private final PolicyDirectory directory;
    private final Seal seal;
    private final CatalogFacts catalogs;
    private final List<LintFinding> findings = new ArrayList<>();

    PlacementLint(PolicyDirectory directory, CatalogFacts catalogs) {
        this.directory = directory;
        this.seal = directory.draft();
        this.catalogs = catalogs.of(seal);
    }

    List<LintFinding> findings() {
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            upstream.patterns().forEach(pattern -> covers(upstream, pattern));
            untouched(upstream);
            upstream.bots().ifPresent(bots -> bots.noneIn().forEach(name -> unasked(upstream, name)));
            unplaced(upstream);
        }
        return findings;
    }

    private void covers(Seal.Upstream upstream, ResourcePattern pattern) {
        add(LintFindingKind.COVERS, upstream, pattern, Patterns.coverage(upstream, pattern));
        if (pattern.isWholeType() && Collections.disjoint(pattern.environments(), seal.mostProtected())) {
            add(
                    LintFindingKind.WIDE,
                    upstream,
                    pattern,
                    "every `" + pattern.provider() + ":" + pattern.type()
                            + "` that is not placed, now or in future, counts as unprotected");
        }
    }

    private void unasked(Seal.Upstream upstream, String name) {
        String path = "upstreams > " + upstream.name() + " > bots > none-in";
        boolean isPlaced = ResourcePattern.isPattern(name)
                ? upstream.patterns().stream()
                                .anyMatch(pattern -> pattern.toString().equals(name))
                        || upstream.resources().keySet().stream().anyMatch(placed -> placed.isNamedBy(name))
                : upstream.placement(Resource.parse(name)).isPresent();
        if (isPlaced) {
            at(
                    LintFindingKind.UNASKED,
                    path,
                    "nobody is asked about texts in `" + name + "`, whatever machines read there");
        } else {
            at(
                    LintFindingKind.MISSPELLED,
                    path,
                    "`" + name + "` is none of the `resources` of `" + upstream.name() + "`; is it misspelled?");
        }
    }

    private void untouched(Seal.Upstream upstream) {
        Set<String> touched = catalogs.touched(upstream.catalog()).keySet();
        if (touched.isEmpty()) { // the catalog does not say
            return;
        }
        Map<String, List<Object>> untouched = new TreeMap<>();
        byThemselves(upstream)
                .filter(placed -> !touched.contains(placed.getValue()))
                .forEach(placed -> untouched
                        .computeIfAbsent(placed.getValue(), _ -> new ArrayList<>())
                        .add(placed.getKey()));
        untouched.forEach((type, placed) -> add(
                LintFindingKind.UNTOUCHED,
                upstream,
                placed.getFirst(),
                "no operation of the catalog `" + upstream.catalog() + "` touches a resource of the type `" + type
                        + "`, so this has no effect"
                        + (placed.size() > 1 ? ", nor do the other entries of this type" : "") + "; it touches "
                        + words(touched)));
    }

    private static Stream<Map.Entry<Object, String>> byThemselves(Seal.Upstream upstream) {
        ResourceContainment nesting = new ResourceContainment(upstream);
        Stream<Resource> named = upstream.resources().keySet().stream()
                .filter(resource -> nesting.containers(resource).isEmpty());
        Stream<ResourcePattern> patterns =
                upstream.patterns().stream().filter(pattern -> pattern.groups().isEmpty());
        return Stream.concat(
                named.map(resource -> Map.entry(resource, resource.type())),
                patterns.map(pattern -> Map.entry(pattern, pattern.type())));
    }

    private void unplaced(Seal.Upstream upstream) {
        boolean guarded = seal.environments().values().stream().anyMatch(Seal.Environment::isProtected);
        if (guarded && upstream.resources().isEmpty() && upstream.patterns().isEmpty()) {
            at(
                    LintFindingKind.UNPLACED,
                    "upstreams > " + upstream.name(),
                    "no resource of `" + upstream.name() + "` is placed, so all of them count as in "
                            + words(seal.mostProtected()) + ": place them under `resources`");
        }
    }

    private void add(LintFindingKind word, Seal.Upstream upstream, Object placed, String message) {
        at(word, "upstreams > " + upstream.name() + " > resources > " + placed, message);
    }

    private void at(LintFindingKind word, String path, String message) {
        findings.add(new LintFinding(word, directory.locate(new SealIssue(path, message))));
    }

    private static String words(Collection<String> names) {
        return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
    }
}
