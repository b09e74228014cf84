package dev.interlock.inventory;

import dev.interlock.action.Resource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The resources of a provider like Railway, by its own answers: projects, and their contents.
 *
 * @param singles things that no list contains, by resource, as far as they were queried
 * @param backups by mount, as far as they were queried
 */
record Topology(
        Map<String, Project> projects, Map<Resource, SingleResource> singles, Map<String, MountBackups> backups) {

    static final Topology EMPTY = new Topology(Map.of(), Map.of(), Map.of());

    /**
     * One project.
     *
     * @param environments every environment's id, and whether the gateway may read it
     * @param names the names of the project, its environments, services and volumes, by id
     */
    record Project(
            String id,
            Optional<String> workspace,
            Map<String, Boolean> environments,
            Map<String, List<ServiceInstance>> services,
            Map<String, List<VolumeMount>> volumes,
            Map<String, String> names) {

        /** Returns the environments whose contents are unknown: anything of the project may lie in them. */
        Set<String> hidden() {
            Set<String> hidden = new TreeSet<>(environments.keySet());
            hidden.removeIf(id -> Boolean.TRUE.equals(environments.get(id)));
            return hidden;
        }

        /** Returns every environment that it or anything in it mentions. */
        Set<String> everywhere() {
            Set<String> all = new TreeSet<>(environments.keySet());
            services.values().forEach(some -> some.forEach(instance -> all.add(instance.environment())));
            volumes.values().forEach(mounts -> mounts.forEach(mount -> all.add(mount.environment())));
            return all;
        }
    }

    record ServiceInstance(String id, String service, String environment) {}

    record VolumeMount(String id, String volume, String environment, Optional<String> service) {}

    record SingleResource(String project, String environment) {}

    record VolumeBackup(String id, Instant takenAt) {}

    record MountBackups(List<VolumeBackup> copies, Set<String> schedules) {}

    /** The provider's environment ids of a resource, and the resources that contain it. */
    record ResourcePlace(Set<String> environments, Set<Resource> groups) {}

    Topology {
        projects = Collections.unmodifiableMap(new TreeMap<>(projects));
        singles = Collections.unmodifiableMap(new TreeMap<>(singles));
        backups = Collections.unmodifiableMap(new TreeMap<>(backups));
    }

    /** Returns this picture with some projects read anew. Answers about single things are dropped. */
    Topology with(Map<String, Project> newer) {
        Map<String, Project> all = new TreeMap<>(projects);
        all.putAll(newer);
        return new Topology(all, Map.of(), Map.of());
    }

    Topology with(Map<Resource, SingleResource> found, Map<String, MountBackups> read) {
        Map<Resource, SingleResource> moreSingles = new TreeMap<>(singles);
        moreSingles.putAll(found);
        Map<String, MountBackups> moreBackups = new TreeMap<>(backups);
        moreBackups.putAll(read);
        return new Topology(projects, moreSingles, moreBackups);
    }

    /** Returns the place of {@code resource}; empty if unknown. */
    Optional<ResourcePlace> findPlace(Resource resource) {
        return switch (ResourceKind.of(resource)) {
            case ACCOUNT -> whole(projects.values(), Set.of());
            case WORKSPACE -> whole(inWorkspace(resource.id()), Set.of());
            case PROJECT -> project(resource.id()).flatMap(project -> whole(List.of(project), Set.of()));
            case ENVIRONMENT -> holding(resource).map(project -> in(project, Set.of(resource.id()), resource));
            case SERVICE ->
                holding(resource).map(project -> {
                    Set<String> places = new TreeSet<>(project.hidden());
                    project.services()
                            .getOrDefault(resource.id(), List.of())
                            .forEach(instance -> places.add(instance.environment()));
                    return in(project, places, resource);
                });
            case SERVICE_INSTANCE ->
                holding(resource)
                        .flatMap(project -> instance(resource.id())
                                .map(instance -> in(project, Set.of(instance.environment()), resource)));
            case VOLUME -> holding(resource).map(project -> ofVolume(project, resource.id(), resource));
            case MOUNT -> mount(resource.id()).flatMap(mount -> ofMount(mount, resource));
            case BACKUP -> mountOfBackup(resource.id()).flatMap(mount -> ofMount(mount, resource));
            case SINGLE -> Optional.ofNullable(singles.get(resource)).map(single -> ofSingle(single, resource));
            case OTHER -> Optional.empty();
        };
    }

    private static Optional<ResourcePlace> whole(Iterable<Project> some, Set<Resource> groups) {
        Set<String> all = new TreeSet<>();
        some.forEach(project -> all.addAll(project.everywhere()));
        return Optional.of(new ResourcePlace(all, groups));
    }

    private List<Project> inWorkspace(String id) {
        return projects.values().stream()
                .filter(project -> project.workspace().filter(id::equals).isPresent())
                .toList();
    }

    private static ResourcePlace in(Project project, Set<String> environments, Resource resource) {
        return new ResourcePlace(environments, Set.of(new Resource(resource.provider(), "project", project.id())));
    }

    private static ResourcePlace ofVolume(Project project, String volume, Resource resource) {
        Set<String> places = new TreeSet<>(project.hidden());
        mounts(project, volume).forEach(mount -> places.add(mount.environment()));
        return in(project, places, resource);
    }

    private Optional<ResourcePlace> ofMount(VolumeMount mount, Resource resource) {
        return holding(new Resource(resource.provider(), "volume", mount.volume()))
                .map(project -> ofVolume(project, mount.volume(), resource));
    }

    private static ResourcePlace ofSingle(SingleResource single, Resource resource) {
        return new ResourcePlace(
                Set.of(single.environment()), Set.of(new Resource(resource.provider(), "project", single.project())));
    }

    Optional<Project> project(String id) {
        return Optional.ofNullable(projects.get(id));
    }

    Optional<Project> holding(Resource resource) {
        String id = resource.id();
        return projects.values().stream()
                .filter(project -> switch (ResourceKind.of(resource)) {
                    case PROJECT -> project.id().equals(id);
                    case ENVIRONMENT -> project.environments().containsKey(id);
                    case SERVICE -> project.services().containsKey(id);
                    case SERVICE_INSTANCE ->
                        project.services().values().stream()
                                .flatMap(List::stream)
                                .anyMatch(instance -> instance.id().equals(id));
                    case VOLUME -> project.volumes().containsKey(id);
                    case MOUNT ->
                        mounts(project).stream().anyMatch(mount -> mount.id().equals(id));
                    case BACKUP ->
                        mountOfBackup(id)
                                .filter(mount -> project.volumes().containsKey(mount.volume()))
                                .isPresent();
                    case ACCOUNT, WORKSPACE, SINGLE, OTHER -> false;
                })
                .findFirst();
    }

    Set<Resource> volumes(String provider) {
        Set<Resource> all = new TreeSet<>();
        projects.values()
                .forEach(project ->
                        project.volumes().keySet().forEach(id -> all.add(new Resource(provider, "volume", id))));
        return all;
    }

    static List<VolumeMount> mounts(Project project, String volume) {
        return project.volumes().getOrDefault(volume, List.of());
    }

    static List<VolumeMount> mounts(Project project) {
        List<VolumeMount> all = new ArrayList<>();
        project.volumes().values().forEach(all::addAll);
        return all;
    }

    List<VolumeMount> mounts() {
        return projects.values().stream()
                .flatMap(project -> mounts(project).stream())
                .toList();
    }

    List<VolumeMount> touched(Resource resource) {
        String volume = volume(resource).orElse("");
        return mounts().stream()
                .filter(mount -> switch (ResourceKind.of(resource)) {
                    case ACCOUNT -> true;
                    case WORKSPACE, PROJECT -> inside(mount, resource);
                    case ENVIRONMENT -> mount.environment().equals(resource.id());
                    case SERVICE ->
                        mount.service().filter(resource.id()::equals).isPresent();
                    case SERVICE_INSTANCE ->
                        instance(resource.id())
                                .filter(instance -> mount.environment().equals(instance.environment())
                                        && mount.service()
                                                .filter(instance.service()::equals)
                                                .isPresent())
                                .isPresent();
                    case VOLUME, MOUNT, BACKUP -> mount.volume().equals(volume);
                    case SINGLE, OTHER -> false;
                })
                .toList();
    }

    Optional<String> volume(Resource resource) {
        return switch (ResourceKind.of(resource)) {
            case VOLUME -> Optional.of(resource.id());
            case MOUNT -> mount(resource.id()).map(VolumeMount::volume);
            case BACKUP -> mountOfBackup(resource.id()).map(VolumeMount::volume);
            case ACCOUNT, WORKSPACE, PROJECT, ENVIRONMENT, SERVICE, SERVICE_INSTANCE, SINGLE, OTHER -> Optional.empty();
        };
    }

    private boolean inside(VolumeMount mount, Resource container) {
        return projects.values().stream()
                .filter(project -> project.volumes().containsKey(mount.volume()))
                .anyMatch(project -> project.id().equals(container.id())
                        || project.workspace().filter(container.id()::equals).isPresent());
    }

    /** Returns the name that the provider's users gave {@code resource}; empty if it has none or is unknown. */
    Optional<String> name(Resource resource) {
        String named = switch (ResourceKind.of(resource)) {
            case PROJECT, ENVIRONMENT, SERVICE, VOLUME -> resource.id();
            case SERVICE_INSTANCE ->
                instance(resource.id()).map(ServiceInstance::service).orElse("");
            case MOUNT -> volume(resource).orElse("");
            case ACCOUNT, WORKSPACE, BACKUP, SINGLE, OTHER -> "";
        };
        return projects.values().stream()
                .flatMap(project -> Optional.ofNullable(project.names().get(named)).stream())
                .findFirst();
    }

    private Optional<ServiceInstance> instance(String id) {
        return instances().filter(instance -> instance.id().equals(id)).findFirst();
    }

    private Stream<ServiceInstance> instances() {
        return projects.values().stream()
                .flatMap(project -> project.services().values().stream())
                .flatMap(List::stream);
    }

    Optional<VolumeMount> mount(String id) {
        return mounts().stream().filter(mount -> mount.id().equals(id)).findFirst();
    }

    Optional<VolumeMount> mountOfBackup(String id) {
        return mounts().stream()
                .filter(mount ->
                        copies(mount).stream().anyMatch(copy -> copy.id().equals(id)))
                .findFirst();
    }

    List<VolumeBackup> copies(VolumeMount mount) {
        MountBackups mounted = backups.get(mount.id());
        return mounted == null ? List.of() : mounted.copies();
    }

    Set<String> schedules(VolumeMount mount) {
        MountBackups mounted = backups.get(mount.id());
        return mounted == null ? Set.of() : mounted.schedules();
    }

    /** Returns what is lost with {@code container}, apart from what is mounted in it. */
    Set<Resource> contents(Resource container) {
        Set<Resource> contents = new TreeSet<>();
        if (ResourceKind.of(container) == ResourceKind.ENVIRONMENT) {
            instances()
                    .filter(instance -> instance.environment().equals(container.id()))
                    .forEach(instance ->
                            contents.add(new Resource(container.provider(), "service-instance", instance.id())));
        }
        for (Project project : projects.values()) {
            boolean whole = switch (ResourceKind.of(container)) {
                case ACCOUNT -> true;
                case WORKSPACE ->
                    project.workspace().filter(container.id()::equals).isPresent();
                case PROJECT -> project.id().equals(container.id());
                case ENVIRONMENT, SERVICE, SERVICE_INSTANCE, VOLUME, MOUNT, BACKUP, SINGLE, OTHER -> false;
            };
            if (whole) {
                String provider = container.provider();
                contents.add(new Resource(provider, "project", project.id()));
                project.environments().keySet().forEach(id -> contents.add(new Resource(provider, "environment", id)));
                project.services().keySet().forEach(id -> contents.add(new Resource(provider, "service", id)));
                project.volumes().keySet().forEach(id -> contents.add(new Resource(provider, "volume", id)));
            }
        }
        return contents;
    }
}
