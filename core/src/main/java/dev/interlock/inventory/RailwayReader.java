package dev.interlock.inventory;

import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.inventory.Topology.MountBackups;
import dev.interlock.inventory.Topology.Project;
import dev.interlock.inventory.Topology.ServiceInstance;
import dev.interlock.inventory.Topology.SingleResource;
import dev.interlock.inventory.Topology.VolumeBackup;
import dev.interlock.inventory.Topology.VolumeMount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads Railway page by page, until a list ends or exceeds the limit. One survey, one thread. */
record RailwayReader(Seal.Upstream upstream, SurveyQueries questions) {

    /** Maximum pages of any one list: 5000 projects, or 10000 environments, services or volumes of a project. */
    static final int MAX_PAGES = 100;

    /** Maximum characters of a name; agents may choose names. */
    private static final int MAX_NAME = 60;

    /** Maximum mounts in one query, so that its answer is no larger than a page of a hundred objects. */
    private static final int MOUNTS_AT_ONCE = 20;

    private ProviderAnswer ask(String query, Map<String, String> variables) throws UnresolvedException {
        return ProviderAnswer.read(questions.ask(upstream, RailwayQueries.call(upstream, query, variables)));
    }

    private static void bound(int page) throws UnresolvedException {
        if (page >= MAX_PAGES) {
            throw new UnresolvedException("the provider's list is longer than Interlock reads");
        }
    }

    Set<String> projects() throws UnresolvedException {
        Set<String> ids = new TreeSet<>();
        for (ProviderAnswer node : list(RailwayQueries.PROJECTS, Map.of(), "projects")) {
            ids.add(node.word("id"));
        }
        return ids;
    }

    /** Returns the whole list {@code name} that {@code query} reads with {@code variables} and {@code $after}. */
    List<ProviderAnswer> list(String query, Map<String, String> variables, String name) throws UnresolvedException {
        List<ProviderAnswer> all = new ArrayList<>();
        Map<String, String> asked = new HashMap<>(variables);
        for (int page = 0; ; page++) {
            bound(page);
            ProviderAnswer.AnswerPage answer = ask(query, asked).page(name);
            all.addAll(answer.nodes());
            if (answer.next().isEmpty()) {
                return all;
            }
            asked.put("after", answer.next().get());
        }
    }

    Project project(String id) throws UnresolvedException {
        Map<String, Boolean> environments = new TreeMap<>();
        Map<String, List<ServiceInstance>> services = new TreeMap<>();
        Map<String, List<VolumeMount>> volumes = new TreeMap<>();
        Map<String, String> names = new TreeMap<>();
        Map<String, String> variables = new HashMap<>(Map.of("id", id));
        Optional<String> workspace = Optional.empty();
        boolean more = true;
        for (int page = 0; more; page++) {
            bound(page);
            ProviderAnswer answer = ask(RailwayQueries.PROJECT, variables).in("project");
            require(answer.word("id").equals(id));
            workspace = answer.optionalWord("workspaceId");
            names.put(id, name(answer));
            ProviderAnswer.AnswerPage e = answer.page("environments");
            ProviderAnswer.AnswerPage s = answer.page("services");
            ProviderAnswer.AnswerPage v = answer.page("volumes");
            for (ProviderAnswer node : e.nodes()) {
                environments.put(node.word("id"), node.flag("canAccess"));
            }
            for (ProviderAnswer node : s.nodes()) {
                services.put(node.word("id"), service(node));
            }
            for (ProviderAnswer node : v.nodes()) {
                volumes.put(node.word("id"), volume(node));
            }
            for (ProviderAnswer.AnswerPage list : List.of(e, s, v)) {
                for (ProviderAnswer node : list.nodes()) {
                    names.put(node.word("id"), name(node));
                }
            }
            // A list that has ended is queried again after its last item, and answers with nothing more.
            advance(variables, "e", e);
            advance(variables, "s", s);
            advance(variables, "v", v);
            more = Stream.of(e, s, v).anyMatch(list -> list.next().isPresent());
        }
        return new Project(id, workspace, environments, services, volumes, names);
    }

    private static String name(ProviderAnswer named) throws UnresolvedException {
        return VisibleText.shortened(named.name("name"), MAX_NAME);
    }

    private static void advance(Map<String, String> variables, String name, ProviderAnswer.AnswerPage page) {
        page.last().ifPresent(cursor -> variables.put(name, cursor));
    }

    private List<ServiceInstance> service(ProviderAnswer service) throws UnresolvedException {
        String id = service.word("id");
        List<ServiceInstance> instances = new ArrayList<>();
        for (ProviderAnswer instance : whole(
                service.page("serviceInstances"),
                page -> ask(
                                RailwayQueries.MORE_OF_SERVICE,
                                Map.of("id", id, "after", page.next().orElseThrow()))
                        .in("service")
                        .page("serviceInstances"))) {
            instances.add(new ServiceInstance(instance.word("id"), id, instance.word("environmentId")));
        }
        return instances;
    }

    private List<VolumeMount> volume(ProviderAnswer volume) throws UnresolvedException {
        String id = volume.word("id");
        List<VolumeMount> mounts = new ArrayList<>();
        for (ProviderAnswer mount : whole(volume.page("volumeInstances"), page -> moreOf(id, page))) {
            mounts.add(new VolumeMount(
                    mount.word("id"), id, mount.word("environmentId"), mount.optionalWord("serviceId")));
        }
        return mounts;
    }

    private interface NextPage {
        ProviderAnswer.AnswerPage after(ProviderAnswer.AnswerPage page) throws UnresolvedException;
    }

    /** Returns the items of all pages from {@code first} on, without those that are deleted. */
    private static List<ProviderAnswer> whole(ProviderAnswer.AnswerPage first, NextPage next)
            throws UnresolvedException {
        List<ProviderAnswer> all = new ArrayList<>();
        ProviderAnswer.AnswerPage answer = first;
        for (int page = 0; ; page++) {
            bound(page);
            for (ProviderAnswer item : answer.nodes()) {
                if (item.optionalWord("deletedAt").isEmpty()) {
                    all.add(item);
                }
            }
            if (answer.next().isEmpty()) {
                return all;
            }
            answer = next.after(answer);
        }
    }

    private ProviderAnswer.AnswerPage moreOf(String volume, ProviderAnswer.AnswerPage page) throws UnresolvedException {
        require(!page.nodes().isEmpty());
        String mount = page.nodes().getFirst().word("id");
        ProviderAnswer answer = ask(
                        RailwayQueries.MORE_OF_VOLUME,
                        Map.of("id", mount, "after", page.next().orElseThrow()))
                .in("volumeInstance")
                .in("volume");
        require(answer.word("id").equals(volume));
        return answer.page("volumeInstances");
    }

    Map<String, MountBackups> mounted(List<String> mounts) throws UnresolvedException {
        Map<String, MountBackups> all = new TreeMap<>();
        for (int from = 0; from < mounts.size(); from += MOUNTS_AT_ONCE) {
            List<String> some = mounts.subList(from, Math.min(mounts.size(), from + MOUNTS_AT_ONCE));
            Map<String, String> variables = new TreeMap<>();
            for (int i = 0; i < some.size(); i++) {
                variables.put("m" + i, some.get(i));
            }
            ProviderAnswer answer = ask(RailwayQueries.mounted(some.size()), variables);
            for (int i = 0; i < some.size(); i++) {
                all.put(some.get(i), mounted(answer.list("b" + i), answer.list("s" + i)));
            }
        }
        return all;
    }

    private static MountBackups mounted(List<ProviderAnswer> backups, List<ProviderAnswer> kinds)
            throws UnresolvedException {
        List<VolumeBackup> copies = new ArrayList<>();
        for (ProviderAnswer copy : backups) {
            copies.add(new VolumeBackup(copy.word("id"), copy.time("createdAt")));
        }
        Set<String> schedules = new TreeSet<>();
        for (ProviderAnswer schedule : kinds) {
            schedules.add(schedule.word("kind"));
        }
        return new MountBackups(copies, schedules);
    }

    SingleResource deployment(String id) throws UnresolvedException {
        return single(ask(RailwayQueries.DEPLOYMENT, Map.of("id", id)).in("deployment"), id);
    }

    SingleResource domain(String id, String project) throws UnresolvedException {
        return single(
                ask(RailwayQueries.DOMAIN, Map.of("id", id, "project", project)).in("customDomain"), id);
    }

    private static SingleResource single(ProviderAnswer answer, String id) throws UnresolvedException {
        require(answer.word("id").equals(id)); // the answer must be about the mount that was queried
        return new SingleResource(answer.word("projectId"), answer.word("environmentId"));
    }

    private static void require(boolean holds) throws UnresolvedException {
        if (!holds) {
            throw new UnresolvedException("the provider's answer is about another resource");
        }
    }
}
