package dev.interlock.drill.railway;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The fields of {@code Query}. */
record Queries(World world) {

    Map<String, RootField> all() {
        Map<String, RootField> all = new HashMap<>();
        all.put("me", (owner, _) -> me(owner));
        all.put("apiTokens", this::apiTokens);
        all.put("projectTokens", this::projectTokens);
        all.put("projectToken", (owner, _) -> token(owner));
        all.put("projects", (owner, in) -> {
            owner.requireAccount();
            return world.page(world.all("Project"), in);
        });
        all.put("project", (owner, in) -> {
            owner.requireProject(in.id());
            return world.find("Project", in.id());
        });
        all.put("environment", (owner, in) -> {
            ObjectFields environment = world.find("Environment", in.id());
            owner.require(in.id());
            return environment;
        });
        all.put("service", (owner, in) -> {
            owner.requireAny(world.environments("ServiceInstance", "serviceId", in.id()));
            return world.find("Service", in.id());
        });
        all.put("volumeInstance", (owner, in) -> placed(owner, "VolumeInstance", in.id()));
        all.put("volumeInstanceBackupList", (owner, in) -> ofMount(owner, in, "VolumeInstanceBackup"));
        all.put("volumeInstanceBackupScheduleList", (owner, in) -> ofMount(owner, in, "VolumeInstanceBackupSchedule"));
        all.put("deployment", (owner, in) -> placed(owner, "Deployment", in.id()));
        all.put("customDomain", (owner, in) -> placed(owner, "CustomDomain", in.id()));
        all.put("variables", this::variables);
        return all;
    }

    private ObjectFields me(TokenOwner owner) {
        owner.requireAccount();
        return new ObjectFields()
                .with("id", World.derivedId("user"))
                .with("email", "founder@pocketos.example")
                .with("name", "Founder")
                .with("createdAt", "2025-01-01T00:00:00Z")
                .with("workspaces", world.all("Workspace"));
    }

    private static ObjectFields token(TokenOwner owner) {
        ObjectFields token = new ObjectFields()
                .with("id", World.derivedId("token " + owner.label()))
                .with("name", owner.label())
                .with("createdAt", "2025-01-01T00:00:00Z")
                .with("displayToken", "****");
        TokenOwner.ProjectScope scope = owner.requireScope();
        return token.with("environmentId", scope.environment()).with("projectId", scope.project());
    }

    private ObjectFields apiTokens(TokenOwner owner, ObjectFields in) {
        owner.requireAccount();
        List<ObjectFields> tokens = world.owners().stream()
                .filter(token -> token.scope().isEmpty())
                .map(token -> new ObjectFields()
                        .with("id", World.derivedId("token " + token.label()))
                        .with("name", token.label())
                        .with("displayToken", "****"))
                .toList();
        return world.page(tokens, in);
    }

    private ObjectFields projectTokens(TokenOwner owner, ObjectFields in) {
        String project = in.text("projectId");
        owner.requireProject(project);
        List<ObjectFields> tokens = world.owners().stream()
                .filter(token -> token.scope()
                        .filter(scope -> scope.project().equals(project))
                        .isPresent())
                .map(Queries::token)
                .toList();
        return world.page(tokens, in);
    }

    private ObjectFields placed(TokenOwner owner, String type, String id) {
        ObjectFields row = world.find(type, id);
        owner.require(row.text("environmentId"));
        return row;
    }

    private List<ObjectFields> ofMount(TokenOwner owner, ObjectFields in, String type) {
        String mount =
                placed(owner, "VolumeInstance", in.text("volumeInstanceId")).id();
        return world.where(type, "volumeInstanceId", mount);
    }

    private Map<String, String> variables(TokenOwner owner, ObjectFields in) {
        String environment = world.find("Environment", in.text("environmentId")).id();
        owner.require(environment);
        Map<String, String> all = world.variables(environment, null);
        if (in.optional("serviceId") != null) {
            all.putAll(world.variables(environment, in.optional("serviceId")));
        }
        return all;
    }
}
