package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The fields of {@code Query}. */
final class QueryRoots {

    private final World world;
    private final AcceptedTokens tokens;
    private final ConnectionPage page;

    QueryRoots(World world, AcceptedTokens tokens, ConnectionPage page) {
        this.world = world;
        this.tokens = tokens;
        this.page = page;
    }

    Map<String, RootResolver> roots() {
        Map<String, RootResolver> roots = new LinkedHashMap<>();
        roots.put("me", (caller, _) -> me(caller));
        roots.put("apiToken", (caller, _) -> apiToken(caller));
        roots.put("apiTokens", this::apiTokens);
        roots.put("projectTokens", this::projectTokens);
        roots.put("projectToken", (caller, _) -> projectToken(caller));
        roots.put("workspace", (caller, in) -> account(caller, world.find(Table.WORKSPACE, in.text("workspaceId"))));
        roots.put("projects", this::projects);
        roots.put("project", (caller, in) -> project(caller, in.text("id")));
        roots.put("environments", this::environments);
        roots.put("environment", (caller, in) -> environment(caller, in.text("id")));
        roots.put("service", (caller, in) -> service(caller, in.text("id")));
        roots.put("serviceInstance", this::serviceInstance);
        roots.put("volumeInstance", (caller, in) -> mount(caller, in.text("id")));
        roots.put("volumeInstanceBackupList", (caller, in) -> ofMount(caller, in, Table.BACKUP));
        roots.put("volumeInstanceBackupScheduleList", (caller, in) -> ofMount(caller, in, Table.SCHEDULE));
        roots.put("deployment", (caller, in) -> deployment(caller, in.text("id")));
        roots.put("deployments", this::deployments);
        roots.put("variables", this::variables);
        roots.put("variablesForServiceDeployment", this::variables);
        roots.put("environmentStagedChanges", (caller, in) -> staged(caller, in.text("environmentId")));
        roots.put("customDomain", (caller, in) -> domain(caller, in.text("id")));
        roots.put("domains", this::domains);
        roots.put("workflowStatus", (caller, _) -> account(caller, new WorldRow().with("status", "Complete")));
        return roots;
    }

    private static WorldRow account(TokenOwner caller, WorldRow row) {
        if (!caller.isAccount()) {
            throw ApiException.notAuthorized();
        }
        return row;
    }

    private WorldRow reaching(TokenOwner caller, String environment, WorldRow row) {
        if (!caller.reachesAny(Set.of(environment))) {
            throw ApiException.notAuthorized();
        }
        return row;
    }

    private WorldRow me(TokenOwner caller) {
        return account(
                caller,
                new WorldRow()
                        .with("id", World.derivedId("user"))
                        .with("email", "founder@pocketos.example")
                        .with("name", "Founder")
                        .with("createdAt", "2025-01-01T00:00:00Z")
                        .with("workspaces", world.where(Table.WORKSPACE, _ -> true)));
    }

    private WorldRow apiToken(TokenOwner caller) {
        return account(caller, new WorldRow().with("workspaces", world.where(Table.WORKSPACE, _ -> true)));
    }

    private WorldRow projectToken(TokenOwner caller) {
        if (!(caller instanceof TokenOwner.Project token)) {
            throw ApiException.notAuthorized();
        }
        return row(token);
    }

    private static WorldRow row(TokenOwner.Project token) {
        return new WorldRow()
                .with("id", World.derivedId("token " + token.label()))
                .with("name", token.label())
                .with("createdAt", "2025-01-01T00:00:00Z")
                .with("displayToken", "****")
                .with("environmentId", token.environmentId())
                .with("projectId", token.projectId());
    }

    private WorldRow apiTokens(TokenOwner caller, FieldArguments in) {
        List<WorldRow> rows = tokens.callers().stream()
                .filter(TokenOwner::isAccount)
                .map(token -> new WorldRow()
                        .with("id", World.derivedId("token " + token.label()))
                        .with("name", token.label())
                        .with("displayToken", "****"))
                .toList();
        return account(caller, page.of(rows, in));
    }

    private WorldRow projectTokens(TokenOwner caller, FieldArguments in) {
        WorldRow project = project(caller, in.text("projectId"));
        List<WorldRow> rows = new ArrayList<>();
        for (TokenOwner token : tokens.callers()) {
            if (token instanceof TokenOwner.Project own && own.projectId().equals(project.id())) {
                rows.add(row(own));
            }
        }
        return page.of(rows, in);
    }

    private WorldRow projects(TokenOwner caller, FieldArguments in) {
        return account(caller, page.of(world.where(Table.PROJECT, _ -> true), in));
    }

    private WorldRow project(TokenOwner caller, String id) {
        if (!caller.canSee(id)) {
            throw ApiException.notAuthorized();
        }
        return world.find(Table.PROJECT, id);
    }

    private WorldRow environments(TokenOwner caller, FieldArguments in) {
        WorldRow project = project(caller, in.text("projectId"));
        return page.of(world.where(Table.ENVIRONMENT, "projectId", project.id()), in);
    }

    private WorldRow environment(TokenOwner caller, String id) {
        return reaching(caller, id, world.find(Table.ENVIRONMENT, id));
    }

    private WorldRow service(TokenOwner caller, String id) {
        if (!caller.reachesAny(world.environmentsOfService(id))) {
            throw ApiException.notAuthorized();
        }
        return world.find(Table.SERVICE, id);
    }

    private WorldRow serviceInstance(TokenOwner caller, FieldArguments in) {
        String id = World.derivedId(in.text("serviceId") + "@" + in.text("environmentId"));
        return reaching(caller, in.text("environmentId"), world.find(Table.SERVICE_INSTANCE, id));
    }

    private WorldRow mount(TokenOwner caller, String id) {
        WorldRow mount = world.find(Table.VOLUME_INSTANCE, id);
        return reaching(caller, mount.text("environmentId"), mount);
    }

    private List<WorldRow> ofMount(TokenOwner caller, FieldArguments in, Table table) {
        WorldRow mount = mount(caller, in.text("volumeInstanceId"));
        return world.where(table, "volumeInstanceId", mount.id());
    }

    private WorldRow deployment(TokenOwner caller, String id) {
        WorldRow deployment = world.find(Table.DEPLOYMENT, id);
        return reaching(caller, deployment.text("environmentId"), deployment);
    }

    private WorldRow deployments(TokenOwner caller, FieldArguments in) {
        FieldArguments wanted = in.in("input");
        return page.of(
                world.where(
                        Table.DEPLOYMENT,
                        row -> caller.reachesAny(Set.of(row.text("environmentId")))
                                && matches(wanted, "projectId", row)
                                && matches(wanted, "environmentId", row)
                                && matches(wanted, "serviceId", row)),
                in);
    }

    private static boolean matches(FieldArguments wanted, String field, WorldRow row) {
        return wanted.optional(field) == null || row.is(field, wanted.optional(field));
    }

    private Map<String, String> variables(TokenOwner caller, FieldArguments in) {
        String environment = in.text("environmentId");
        environment(caller, environment);
        Map<String, String> all = EnvironmentVariables.all(world, environment, null);
        String service = in.optional("serviceId");
        if (service != null) {
            all.putAll(EnvironmentVariables.all(world, environment, service));
        }
        return all;
    }

    private WorldRow staged(TokenOwner caller, String environment) {
        environment(caller, environment);
        return EnvironmentPatches.staged(world, environment);
    }

    private WorldRow domain(TokenOwner caller, String id) {
        WorldRow domain = world.find(Table.DOMAIN, id);
        return reaching(caller, domain.text("environmentId"), domain);
    }

    private WorldRow domains(TokenOwner caller, FieldArguments in) {
        environment(caller, in.text("environmentId"));
        return new WorldRow()
                .with("serviceDomains", List.of())
                .with(
                        "customDomains",
                        world.where(
                                Table.DOMAIN,
                                row -> matches(in, "environmentId", row) && matches(in, "serviceId", row)));
    }
}
