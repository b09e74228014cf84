package dev.interlock.inventory;

import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ProviderTokens.ListedToken;
import dev.interlock.inventory.ProviderTokens.ProviderToken;
import dev.interlock.inventory.Topology.Project;
import dev.interlock.inventory.Topology.SingleResource;
import dev.interlock.inventory.Topology.VolumeMount;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Queries Railway. Its volumes have no environment and no query of their own, so whole projects are read.
 *
 * <p>The credential must see every environment: an account's or a workspace's. A project token sees one environment,
 * and everything would seem to lie in it alone. It cannot list projects, so it is rejected here.
 */
final class RailwayResolver implements Provider, Resolver {

    @Override
    public Optional<Resolver> resolver() {
        return Optional.of(this);
    }

    @Override
    public List<ListedToken> tokens(Seal seal, Seal.Upstream upstream, SurveyQueries questions, List<String> unread)
            throws UnresolvedException {
        return new RailwayTokens(seal, upstream, reader(upstream, questions)).list(unread);
    }

    private RailwayReader reader(Seal.Upstream upstream, SurveyQueries questions) {
        return new RailwayReader(upstream, questions);
    }

    @Override
    public Topology survey(Seal.Upstream upstream, SurveyQueries questions) throws UnresolvedException {
        RailwayReader reader = reader(upstream, questions);
        return Topology.EMPTY.with(read(reader, reader.projects()));
    }

    private static Map<String, Project> read(RailwayReader reader, Collection<String> ids) throws UnresolvedException {
        Map<String, Project> projects = new TreeMap<>();
        for (String id : ids) {
            projects.put(id, reader.project(id));
        }
        return projects;
    }

    @Override
    public Topology survey(Seal.Upstream upstream, Topology known, Set<Resource> resources, SurveyQueries questions)
            throws UnresolvedException {
        Set<String> ids = new TreeSet<>();
        for (Resource resource : resources) {
            if (ResourceKind.of(resource) == ResourceKind.SINGLE || ResourceKind.of(resource) == ResourceKind.OTHER) {
                continue; // in no list
            }
            Optional<Project> project = known.holding(resource);
            if (project.isEmpty()) {
                return survey(upstream, questions);
            }
            ids.add(project.get().id());
        }
        Topology fresh = known.with(read(reader(upstream, questions), ids));
        boolean stillThere = resources.stream()
                .filter(resource ->
                        known.holding(resource).isPresent() && ResourceKind.of(resource) != ResourceKind.BACKUP)
                .allMatch(resource -> fresh.holding(resource).isPresent());
        return stillThere ? fresh : survey(upstream, questions);
    }

    @Override
    public Topology withSingles(
            Seal.Upstream upstream, Topology picture, Set<Resource> resources, SurveyQueries questions)
            throws UnresolvedException {
        RailwayReader reader = reader(upstream, questions);
        Map<Resource, SingleResource> singles = new TreeMap<>();
        for (Resource resource : resources) {
            if (ResourceKind.of(resource) == ResourceKind.SINGLE
                    && !picture.singles().containsKey(resource)) {
                single(reader, picture, resource).ifPresent(found -> singles.put(resource, found));
            }
        }
        return picture.with(singles, Map.of());
    }

    @Override
    public Topology withBackups(
            Seal.Upstream upstream, Topology picture, Set<Resource> resources, SurveyQueries questions)
            throws UnresolvedException {
        RailwayReader reader = reader(upstream, questions);
        return picture.with(Map.of(), reader.mounted(concerned(picture, resources)));
    }

    private static Optional<SingleResource> single(RailwayReader reader, Topology picture, Resource resource)
            throws UnresolvedException {
        if (resource.type().equals("deployment")) {
            return Optional.of(reader.deployment(resource.id()));
        }
        // Only the domains of one project can be queried. With several projects that would be a search.
        return picture.projects().size() == 1
                ? Optional.of(reader.domain(
                        resource.id(), picture.projects().keySet().iterator().next()))
                : Optional.empty();
    }

    private static List<String> concerned(Topology picture, Set<Resource> resources) {
        return resources.stream()
                .map(resource ->
                        ResourceKind.of(resource) == ResourceKind.BACKUP ? picture.mounts() : picture.touched(resource))
                .flatMap(List::stream)
                .map(VolumeMount::id)
                .distinct()
                .sorted()
                .toList();
    }

    private record RailwayTokens(Seal seal, Seal.Upstream upstream, RailwayReader reader) {

        List<ListedToken> list(List<String> unread) throws UnresolvedException {
            List<ListedToken> all = new ArrayList<>();
            for (ProviderAnswer token : reader.list(RailwayQueries.API_TOKENS, Map.of(), "apiTokens")) {
                // An account's or a workspace's token reaches every project in it.
                String reach = token.optionalWord("workspaceId")
                        .map(id -> "everything in workspace " + id)
                        .orElse("the whole account");
                ProviderToken.Dates dates = new ProviderToken.Dates(
                        Optional.empty(), Optional.empty(), token.optionalTime("expiresAt"), false);
                all.add(new ListedToken("account token", token.word("id"), token.name("name"), reach, true, dates));
            }
            for (String project : reader.projects()) {
                try {
                    for (ProviderAnswer token :
                            reader.list(RailwayQueries.PROJECT_TOKENS, Map.of("project", project), "projectTokens")) {
                        all.add(ofProject(project, token));
                    }
                } catch (UnresolvedException e) {
                    unread.add("the tokens of project " + project + ": " + e.getMessage());
                }
            }
            return all;
        }

        private ListedToken ofProject(String project, ProviderAnswer token) throws UnresolvedException {
            String environment = token.word("environmentId");
            Set<String> placed = Optional.ofNullable(
                            upstream.resources().get(new Resource(upstream.catalog(), "environment", environment)))
                    .map(Placement::environments)
                    .orElse(Set.of());
            boolean broad = placed.isEmpty() || placed.stream().anyMatch(name -> LossExposure.isProtected(seal, name));
            String reach = (placed.isEmpty()
                            ? "environment " + environment + ", which the seal does not place,"
                            : String.join(", ", placed))
                    + " of project " + project;
            ProviderToken.Dates dates = new ProviderToken.Dates(
                    Optional.of(token.time("createdAt")), Optional.empty(), Optional.empty(), false);
            return new ListedToken("project token", token.word("id"), token.name("name"), reach, broad, dates);
        }
    }
}
