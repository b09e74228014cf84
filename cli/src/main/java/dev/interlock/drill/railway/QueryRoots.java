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
    private final Tokens tokens;
    private final Page page;

    QueryRoots(World world, Tokens tokens, Page page) {
        this.world = world;
        this.tokens = tokens;
        this.page = page;
    }

    Map<String, Root> roots() {
        Map<String, Root> roots = new LinkedHashMap<>();
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
        roots.put("workflowStatus", (caller, _) -> account(caller, new Row().with("status", "Complete")));
        return roots;
    }

    private static Row account(Caller caller, Row row) {
        if (!caller.isAccount()) {
            throw ApiException.notAuthorized();
        }
        return row;
    }

    private Row reaching(Caller caller, String environment, Row row) {
        if (!caller.reachesAny(Set.of(environment))) {
            throw ApiException.notAuthorized();
        }
        return row;
    }

    private Row me(Caller caller) {
        return account(
                caller,
                new Row()
                        .with("id", World.derivedId("user"))
                        .with("email", "founder@pocketos.example")
                        .with("name", "Founder")
                        .with("createdAt", "2025-01-01T00:00:00Z")
                        .with("workspaces", world.where(Table.WORKSPACE, _ -> true)));
    }

    private Row apiToken(Caller caller) {
        return account(caller, new Row().with("workspaces", world.where(Table.WORKSPACE, _ -> true)));
    }

    private Row projectToken(Caller caller) {
        if (!(caller instanceof Caller.Project token)) {
            throw ApiException.notAuthorized();
        }
        return row(token);
    }

    private static Row row(Caller.Project token) {
        return new Row()
                .with("id", World.derivedId("token " + token.label()))
                .with("name", token.label())
                .with("createdAt", "2025-01-01T00:00:00Z")
                .with("displayToken", "****")
                .with("environmentId", token.environmentId())
                .with("projectId", token.projectId());
    }

    private Row apiTokens(Caller caller, Arguments in) {
        List<Row> rows = tokens.callers().stream()
                .filter(Caller::isAccount)
                .map(token -> new Row()
                        .with("id", World.derivedId("token " + token.label()))
                        .with("name", token.label())
                        .with("displayToken", "****"))
                .toList();
        return account(caller, page.of(rows, in));
    }

    private Row projectTokens(Caller caller, Arguments in) {
        Row project = project(caller, in.text("projectId"));
        List<Row> rows = new ArrayList<>();
        for (Caller token : tokens.callers()) {
            if (token instanceof Caller.Project own && own.projectId().equals(project.id())) {
                rows.add(row(own));
            }
        }
        return page.of(rows, in);
    }

    private Row projects(Caller caller, Arguments in) {
        return account(caller, page.of(world.where(Table.PROJECT, _ -> true), in));
    }

    private Row project(Caller caller, String id) {
        if (!caller.sees(id)) {
            throw ApiException.notAuthorized();
        }
        return world.find(Table.PROJECT, id);
    }

    private Row environments(Caller caller, Arguments in) {
        Row project = project(caller, in.text("projectId"));
        return page.of(world.where(Table.ENVIRONMENT, "projectId", project.id()), in);
    }

    private Row environment(Caller caller, String id) {
        return reaching(caller, id, world.find(Table.ENVIRONMENT, id));
    }

    private Row service(Caller caller, String id) {
        if (!caller.reachesAny(world.environmentsOfService(id))) {
            throw ApiException.notAuthorized();
        }
        return world.find(Table.SERVICE, id);
    }

    private Row serviceInstance(Caller caller, Arguments in) {
        String id = World.derivedId(in.text("serviceId") + "@" + in.text("environmentId"));
        return reaching(caller, in.text("environmentId"), world.find(Table.SERVICE_INSTANCE, id));
    }

    private Row mount(Caller caller, String id) {
        Row mount = world.find(Table.VOLUME_INSTANCE, id);
        return reaching(caller, mount.text("environmentId"), mount);
    }

    private List<Row> ofMount(Caller caller, Arguments in, Table table) {
        Row mount = mount(caller, in.text("volumeInstanceId"));
        return world.where(table, "volumeInstanceId", mount.id());
    }

    private Row deployment(Caller caller, String id) {
        Row deployment = world.find(Table.DEPLOYMENT, id);
        return reaching(caller, deployment.text("environmentId"), deployment);
    }

    private Row deployments(Caller caller, Arguments in) {
        Arguments wanted = in.in("input");
        return page.of(
                world.where(
                        Table.DEPLOYMENT,
                        row -> caller.reachesAny(Set.of(row.text("environmentId")))
                                && matches(wanted, "projectId", row)
                                && matches(wanted, "environmentId", row)
                                && matches(wanted, "serviceId", row)),
                in);
    }

    private static boolean matches(Arguments wanted, String field, Row row) {
        return wanted.optional(field) == null || row.is(field, wanted.optional(field));
    }

    private Map<String, String> variables(Caller caller, Arguments in) {
        String environment = in.text("environmentId");
        environment(caller, environment);
        Map<String, String> all = Variables.all(world, environment, null);
        String service = in.optional("serviceId");
        if (service != null) {
            all.putAll(Variables.all(world, environment, service));
        }
        return all;
    }

    private Row staged(Caller caller, String environment) {
        environment(caller, environment);
        return Patches.staged(world, environment);
    }

    private Row domain(Caller caller, String id) {
        Row domain = world.find(Table.DOMAIN, id);
        return reaching(caller, domain.text("environmentId"), domain);
    }

    private Row domains(Caller caller, Arguments in) {
        environment(caller, in.text("environmentId"));
        return new Row()
                .with("serviceDomains", List.of())
                .with(
                        "customDomains",
                        world.where(
                                Table.DOMAIN,
                                row -> matches(in, "environmentId", row) && matches(in, "serviceId", row)));
    }
}
