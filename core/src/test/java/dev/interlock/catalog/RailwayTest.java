package dev.interlock.catalog;

import static dev.interlock.action.Impact.CREDENTIAL;
import static dev.interlock.action.Impact.DESTROY;
import static dev.interlock.action.Impact.EXECUTE;
import static dev.interlock.action.Impact.PRIVILEGE;
import static dev.interlock.action.Impact.READ;
import static dev.interlock.action.Impact.UNKNOWN;
import static dev.interlock.action.Impact.WRITE;
import static dev.interlock.catalog.RailwayFixture.facts;
import static dev.interlock.catalog.RailwayFixture.impacts;
import static dev.interlock.catalog.RailwayFixture.one;
import static dev.interlock.catalog.RailwayFixture.only;
import static dev.interlock.catalog.RailwayFixture.resources;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Provenance;
import dev.interlock.action.Reversibility;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the meaning of Railway's operations, each condition both ways. */
class RailwayTest {

    private static String instanceUpdate(String environment, String input) {
        return "mutation { volumeInstanceUpdate(volumeId: \"v\"" + environment + ", input: {" + input + "}) }";
    }

    private static final String STAGING = ", environmentId: \"stg\"";

    @Test
    void deletingAVolumeDestroysIt() {
        Action action = one("mutation { volumeDelete(volumeId: \"3d2c42fb\") }");
        assertThat(action.impacts()).containsExactly(DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(action.resources()).extracting(Object::toString).containsExactly("railway:volume/3d2c42fb");
        assertThat(action.operation()).hasToString("railway/volumeDelete");
    }

    /** A signer must not learn to distrust Interlock's own warning, nor to trust the agent's text. */
    @Test
    void catalogFactsAreSealedAndRequestFactsAreClaimed() {
        assertThat(one(instanceUpdate(STAGING, "serviceId: \"s\"")).facts())
                .isNotEmpty()
                .allSatisfy(fact -> assertThat(fact.provenance())
                        .as(fact.name())
                        .isEqualTo(fact.name().startsWith("argument.") ? Provenance.CLAIMED : Provenance.SEALED));
        assertThat(facts(one(instanceUpdate(STAGING, "serviceId: \"s\"")), "because"))
                .isNotEmpty();
    }

    @Test
    void settingAVariableInStagingIsOrdinaryWorkAndShowsNoValue() {
        Action action =
                one("mutation { variableUpsert(input: {projectId: \"p\", environmentId: \"stg\", serviceId: \"s\","
                        + " name: \"DATABASE_NAME\", value: \"hunter2\"}) }");
        assertThat(action.impacts()).containsExactly(WRITE);
        assertThat(action.reversibility()).as("while nothing is kept").isEqualTo(Reversibility.RECOVERABLE);
        assertThat(action.resources()).extracting(Object::toString).containsExactly("railway:environment/stg");
        assertThat(facts(action, "argument.input.name")).containsExactly("DATABASE_NAME");
        assertThat(action.toString()).doesNotContain("hunter2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "variableUpsert(input: {projectId: \"p\", environmentId: \"stg\", name: \"ENCRYPTION_KEY\", value: \"k\"})",
                "variableCollectionUpsert(input: {projectId: \"p\", environmentId: \"stg\", replace: false, variables: {ENCRYPTION_KEY: \"k\"}})",
                "environmentPatchCommit(environmentId: \"stg\", patch: {services: {s: {variables: {ENCRYPTION_KEY: {value: \"k\"}}}}})",
                "environmentPatchCommit(environmentId: \"stg\", patch: {sharedVariables: {encryption_key: {value: \"k\"}}})",
                "variableUpsert(input: {projectId: \"p\", environmentId: \"stg\", name: \"LEVEL\", value: \" \"})",
                "environmentPatchCommit(environmentId: \"stg\", patch: {services: {s: {variables: {LEVEL: {value: \"1\"}}}}})",
                "environmentPatchCommit(environmentId: \"stg\", patch: {sharedVariables: {LEVEL: {value: \"1\"}}})",
                "environmentStageChanges(environmentId: \"stg\", merge: true, input: {services: {s: {variables: {LEVEL: {value: \"1\"}}}}}) { id }",
                "environmentStageChanges(environmentId: \"stg\", merge: true, input: {sharedVariables: {LEVEL: {value: \"1\"}}}) { id }",
                "environmentPatchCommit(environmentId: \"stg\", patch: {sharedVariables: {LEVEL: {value: \"\\n\"}}})",
            })
    void whatNobodyKeepsIsNotCalledReversible(String mutation) {
        assertThat(one("mutation { " + mutation + " }").reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource({
        "'memoryGB: 2, vCPUs: 4', false",
        "'memoryGB: 0.01', true",
        "'memoryGB: 1e-3', true",
        "'memoryGB: -1', true",
        "'vCPUs: 0', true",
        "'vCPUs: 0.5, memoryGB: 2', true",
    })
    void aLimitThatStopsTheServiceDestroys(String limits, boolean destroys) {
        assertThat(impacts("mutation { serviceInstanceLimitsUpdate(input: {environmentId: \"e\", serviceId: \"s\", "
                                + limits + "}) }")
                        .contains(DESTROY))
                .isEqualTo(destroys);
    }

    /** A service sends its data where such a variable says, and shows what it takes from another one. */
    @ParameterizedTest
    @CsvSource({
        "REDISHOST, 10.0.0.7, IRREVERSIBLE",
        "PGHOSTNAME, db, IRREVERSIBLE",
        "S3_ENDPOINT, s3.example, IRREVERSIBLE",
        "KAFKA_BROKERS, k1:9092, IRREVERSIBLE",
        "BOOTSTRAP_SERVERS, k1:9092, IRREVERSIBLE",
        "VAULT_ADDR, vault:8200, IRREVERSIBLE",
        "DATABASE_URL, x, IRREVERSIBLE",
        "CACHE, redis.railway.internal:6379, IRREVERSIBLE",
        "PUBLIC_NAME, ${{Postgres.PGPASSWORD}}, IRREVERSIBLE",
        "PUBLIC_NAME, a${{Postgres.PGPASSWORD}}b, IRREVERSIBLE",
        "GHOSTS_ENABLED, true, RECOVERABLE",
        "LOG_LEVEL, debug, RECOVERABLE",
    })
    void anAddressIsAskedAboutByEveryDoor(String name, String value, Reversibility reversibility) {
        String one = "{" + name + ": \"" + value + "\"}";
        for (String mutation : List.of(
                "variableUpsert(input: {projectId: \"p\", environmentId: \"stg\", name: \"" + name + "\", value: \""
                        + value + "\"})",
                "variableCollectionUpsert(input: {projectId: \"p\", environmentId: \"stg\", replace: false, variables: "
                        + one + "})")) {
            assertThat(one("mutation { " + mutation + " }").reversibility())
                    .as(mutation)
                    .isEqualTo(reversibility);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deploymentRedeploy(id: \"d\") { id } | true",
                "serviceInstanceDeploy(environmentId: \"e\", serviceId: \"s\") | false",
                "serviceInstanceDeploy(environmentId: \"e\", serviceId: \"s\", latestCommit: false) | false",
                "serviceInstanceDeploy(environmentId: \"e\", serviceId: \"s\", latestCommit: true) | true",
                "serviceInstanceDeploy(environmentId: \"e\", serviceId: \"s\", commitSha: \"c\") | true",
                "environmentTriggersDeploy(input: {environmentId: \"e\", projectId: \"p\", serviceId: \"s\"}) | true",
            })
    void deployingTheLastPushExecutes(String field, boolean runs) {
        assertThat(impacts("mutation { " + field + " }").contains(EXECUTE)).isEqualTo(runs);
    }

    /** A signer must see where a project's events go from now on. */
    @Test
    void aWebhookIsAPrivilegeAndShowsItsAddress() {
        String channel = "channelConfigs: [{type: \"webhook\", url: \"https://elsewhere.example/x\"}]";
        for (String field : List.of(
                "notificationRuleCreate(input: {workspaceId: \"w\", projectId: \"p\", eventTypes: [\"Deployment.deployed\"], "
                        + channel + "}) { id }",
                "notificationRuleUpdate(id: \"n\", input: {" + channel + "}) { id }")) {
            Action action = one("mutation { " + field + " }");
            assertThat(action.impacts()).contains(PRIVILEGE);
            assertThat(facts(action, "argument.input.channelConfigs").toString())
                    .contains("elsewhere.example");
        }
    }

    /** A request does not show which limit is lower than the current use. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "usageLimitSet(input: {customerId: \"c\", softLimitDollars: 1}) | WRITE",
                "usageLimitSet(input: {customerId: \"c\", softLimitDollars: 1, hardLimitDollars: 1}) | WRITE DESTROY PRIVILEGE",
                "agentUsageLimitSet(input: {workspaceId: \"w\", softLimitCents: 1}) | WRITE",
                "agentUsageLimitSet(input: {workspaceId: \"w\", hardLimitCents: 1}) | WRITE DESTROY PRIVILEGE",
            })
    void aUsageLimitThatStopsServicesIsMoreThanAWrite(String field, String expected) {
        assertThat(impacts("mutation { " + field + " }")).isEqualTo(RestFixture.words(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "serviceInstanceRedeploy(environmentId: \"stg\", serviceId: \"s\") | environment/stg",
                "deploymentRestart(id: \"d\") | deployment/d",
            })
    void aRedeployIsOrdinaryWork(String field, String resource) {
        assertThat(impacts("mutation { " + field + " }")).containsExactly(WRITE);
        assertThat(resources("mutation { " + field + " }")).containsExactly("railway:" + resource);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "state: DELETED, serviceId: \"s\" | state",
                "state: null, serviceId: \"s\" | state",
                "serviceId: null | detached",
                "mountPath: \"/new\" | detached",
                "'' | detached",
                "serviceId: \"s\", mountPath: \"/new\" | out of sight",
                "serviceId: \"s\" | moves",
            })
    void updatingAVolumeInstanceDestroysAndSaysWhy(String input, String reason) {
        Action action = one(instanceUpdate(STAGING, input));
        assertThat(action.impacts()).containsExactlyInAnyOrder(WRITE, PRIVILEGE, DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(facts(action, "because")).anyMatch(because -> because.contains(reason));
        assertThat(action.resources()).extracting(Object::toString).contains("railway:volume/v");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "serviceId: \"s\" | state",
                "serviceId: \"s\" | detached",
                "serviceId: \"s\", state: READY | out of sight",
                "mountPath: \"/x\" | moves",
            })
    void onlyApplicableReasonsAreGiven(String input, String reason) {
        assertThat(facts(one(instanceUpdate(STAGING, input)), "because"))
                .noneMatch(because -> because.contains(reason));
    }

    @Test
    void aVolumeInstanceUpdateWithoutEnvironmentReachesAllOfThem() {
        String all = "No environment is named: it changes the volume in all of them.";
        assertThat(facts(one(instanceUpdate("", "serviceId: \"s\"")), "because"))
                .contains(all);
        assertThat(facts(one(instanceUpdate(", environmentId: null", "serviceId: \"s\"")), "because"))
                .contains(all);
        assertThat(facts(one(instanceUpdate(STAGING, "serviceId: \"s\"")), "because"))
                .doesNotContain(all);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | false",
                ", replace: false | false",
                ", replace: true | true",
                ", replace: \"true\" | true",
                ", replace: 1 | true",
            })
    void replacingAVariableCollectionDestroysOmittedVariables(String replace, boolean destroys) {
        String mutation = "mutation { variableCollectionUpsert(input: {projectId: \"p\", environmentId: \"stg\","
                + " variables: {A: \"secret\"}" + replace + "}) }";
        assertThat(impacts(mutation).contains(DESTROY)).isEqualTo(destroys);
        assertThat(one(mutation).toString()).doesNotContain("secret").contains("{\"A\":\"...\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "PAYMENTS_URL, false",
        "LOG_LEVEL, false",
        "SPRING_PROFILES_ACTIVE, false",
        "SPRING_DATASOURCE_URL, false",
        "NODE_ENV, false",
        "NIXPACKS_START_CMD, true",
        "nixpacks_start_cmd, true",
        "NODE_OPTIONS, true",
        "UWSGI_HOOK_ASAP, true",
        "GUNICORN_CMD_ARGS, true",
        "SPRING_CONFIG_IMPORT, true",
        "SPRING_APPLICATION_JSON, true",
        "LOGGING_CONFIG, true",
        "CATALINA_OPTS, true",
        "SBT_OPTS, true",
        "LD_PRELOAD, true",
        "PYTHONSTARTUP, true",
    })
    void settingAVariableThatRuntimesExecuteIsExecution(String name, boolean executes) {
        String one = "{" + name + ": \"x\"}";
        String patch = "{services: {s: {variables: {" + name + ": {value: \"x\"}}}}}";
        String shared = "{sharedVariables: {" + name + ": {value: \"x\"}}}";
        for (String mutation : List.of(
                "variableUpsert(input: {projectId: \"p\", environmentId: \"stg\", name: \"" + name
                        + "\", value: \"x\"})",
                "variableCollectionUpsert(input: {projectId: \"p\", environmentId: \"stg\", variables: " + one + "})",
                "serviceCreate(input: {projectId: \"p\", environmentId: \"stg\", variables: " + one + "}) { id }",
                "sandboxCreate(input: {environmentId: \"stg\", variables: " + one + "}) { id }",
                "environmentPatchCommit(environmentId: \"stg\", patch: " + patch + ")",
                "environmentPatchCommit(environmentId: \"stg\", patch: " + shared + ")",
                "environmentStageChanges(environmentId: \"stg\", merge: true, input: " + patch + ") { id }",
                "environmentStageChanges(environmentId: \"stg\", merge: true, input: " + shared + ") { id }")) {
            assertThat(impacts("mutation { " + mutation + " }").contains(EXECUTE))
                    .as(mutation)
                    .isEqualTo(executes);
        }
    }

    @Test
    void aVariableSetToNullIsRemoved() {
        assertThat(impacts("mutation { variableCollectionUpsert(input: {projectId: \"p\", environmentId: \"stg\","
                        + " variables: {A: null}}) }"))
                .contains(DESTROY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{services: {s: {variables: {A: {value: \"1\"}}}}} | WRITE",
                "{sharedVariables: {A: {value: \"1\"}}} | WRITE",
                "{volumes: {v: {isDeleted: true}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {isDeleted: true}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {variables: {A: null}}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {variables: {A: {value: null}}}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {deploy: {startCommand: \"rm -rf /data\"}}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {deploy: {numReplicas: 2}}}} | WRITE",
                "{services: {s: {deploy: {numReplicas: 0}}}} | WRITE DESTROY",
                "{services: {s: {deploy: {region: \"r\"}}}} | WRITE DESTROY EXECUTE",
                "\"{\\\"volumes\\\":{}}\" | WRITE DESTROY EXECUTE",
                "{} | WRITE DESTROY EXECUTE",
                "null | WRITE DESTROY EXECUTE",
            })
    void aCommittedPatchDestroysUnlessItIsProvablyHarmless(String patch, String impacts) {
        Action action = one("mutation { environmentPatchCommit(environmentId: \"stg\", patch: " + patch + ") }");
        assertThat(action.impacts()).isEqualTo(RestFixture.words(impacts));
    }

    @Test
    void aCommitWithoutPatchIsNotHarmless() {
        assertThat(impacts("mutation { environmentPatchCommit(environmentId: \"stg\") }"))
                .contains(DESTROY);
    }

    @Test
    void aPatchTouchesTheVolumesThatItNames() {
        assertThat(resources("mutation { environmentPatchCommit(environmentId: \"stg\","
                        + " patch: {volumes: {shared: {isDeleted: true}}}) }"))
                .containsExactlyInAnyOrder("railway:environment/stg", "railway:volume/shared");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{services: {s: {variables: {A: {value: \"1\"}}}}} | WRITE",
                "{services: {s: {deploy: {numReplicas: 2}}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {volumeMounts: {}}}} | WRITE DESTROY EXECUTE",
                "{volumes: {v: {isDeleted: true}}} | WRITE DESTROY EXECUTE",
                "{deep: [{er: {isDeleted: false}}]} | WRITE DESTROY EXECUTE",
                "{services: {s: {variables: {A: null}}}} | WRITE DESTROY EXECUTE",
                "{services: {s: {deploy: {preDeployCommand: [\"x\"]}}}} | WRITE DESTROY EXECUTE",
            })
    void stagingHasTheImpactOfTheStagedChange(String patch, String impacts) {
        assertThat(impacts("mutation { environmentStageChanges(environmentId: \"stg\", input: " + patch
                        + ", merge: true) { id } }"))
                .isEqualTo(RestFixture.words(impacts));
    }

    @ParameterizedTest
    @CsvSource({"', merge: true', false", "'', true", "', merge: null', true", "', merge: false', true"})
    void replacingOthersStagedChangesDestroysThem(String merge, boolean destroys) {
        assertThat(impacts("mutation { environmentStageChanges(environmentId: \"stg\","
                                + " input: {sharedVariables: {A: {value: \"1\"}}}" + merge + ") { id } }")
                        .contains(DESTROY))
                .isEqualTo(destroys);
    }

    @Test
    void opaqueCommitsAlwaysDestroyAndExecute() {
        assertThat(impacts("mutation { environmentPatchCommitStaged(environmentId: \"stg\") }"))
                .contains(DESTROY, EXECUTE);
        assertThat(impacts("mutation { environmentApplyChangeSet(environmentId: \"stg\", input: {}) { id } }"))
                .contains(DESTROY, EXECUTE);
        assertThat(impacts(
                        "mutation { environmentPreviewChangeSet(environmentId: \"stg\", input: {}) { __typename } }"))
                .containsExactly(READ);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[] | true", "[DAILY] | false", "[DAILY, WEEKLY] | false"})
    void replacingBackupSchedulesDestroysAndNoScheduleIsWorse(String kinds, boolean none) {
        Action action =
                one("mutation { volumeInstanceBackupScheduleUpdate(volumeInstanceId: \"vi\", kinds: " + kinds + ") }");
        assertThat(action.impacts()).containsExactly(DESTROY);
        assertThat(action.reversibility() == Reversibility.IRREVERSIBLE).isEqualTo(none);
    }

    @Test
    void aRestoreThatWipesTouchesTheServicesItWipes() {
        String start = "mutation { volumeInstanceBackupRestore(volumeInstanceId: \"vi\", volumeInstanceBackupId: \"b\"";
        assertThat(impacts(start + ") { workflowId } }")).containsExactly(DESTROY);
        assertThat(resources(start + ") { workflowId } }"))
                .containsExactlyInAnyOrder("railway:volume-instance/vi", "railway:volume-backup/b");
        assertThat(resources(start + ", wipeServiceIds: [\"s1\", \"s2\"], replicaServiceIds: \"s3\") { workflowId } }"))
                .contains("railway:service/s1", "railway:service/s2", "railway:service/s3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "startCommand: \"sh\" | WRITE EXECUTE",
                "startCommand: null | WRITE EXECUTE",
                "preDeployCommand: [\"sh\"] | WRITE EXECUTE",
                "source: {image: \"x\"} | WRITE EXECUTE",
                "cronSchedule: \"* * * * *\" | WRITE EXECUTE",
                "registryCredentials: {username: \"u\", password: \"p\"} | WRITE EXECUTE CREDENTIAL",
                "numReplicas: 2 | WRITE",
                "sleepApplication: true | WRITE",
            })
    void changingWhatAServiceRunsIsExecution(String input, String impacts) {
        assertThat(impacts("mutation { serviceInstanceUpdate(serviceId: \"s\", environmentId: \"stg\", input: {" + input
                        + "}) }"))
                .isEqualTo(RestFixture.words(impacts));
    }

    @Test
    void anUpdateOfAServiceWithoutEnvironmentIsMoreThanAWrite() {
        assertThat(impacts("mutation { serviceInstanceUpdate(serviceId: \"s\", input: {numReplicas: 2}) }"))
                .containsExactlyInAnyOrder(WRITE, PRIVILEGE);
    }

    /** Railway confines these to the environment named only if that is a fork. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "serviceDelete(id: \"s\", environmentId: \"stg\")",
                "serviceInstanceUpdate(serviceId: \"s\", environmentId: \"stg\", input: {numReplicas: 2})"
            })
    void namingAnEnvironmentDoesNotHideTheServiceThatIsTouchedElsewhere(String field) {
        assertThat(resources("mutation { " + field + " }"))
                .containsExactlyInAnyOrder("railway:service/s", "railway:environment/stg");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sandboxExec(environmentId: \"e\", id: \"x\", command: \"ls\") { stdout } | EXECUTE",
                "generateShellToken(input: {environmentId: \"e\", instanceId: \"i\", scope: \"s\"}) | EXECUTE CREDENTIAL",
                "sshPublicKeyCreate(input: {name: \"n\", publicKey: \"k\"}) { id } | EXECUTE CREDENTIAL PRIVILEGE",
                "disablePitrForHaCluster(input: {environmentId: \"e\", projectId: \"p\", rootServiceId: \"s\"})"
                        + " { workflowId } | DESTROY",
                "environmentRename(id: \"e\", input: {name: \"staging\"}) { id } | PRIVILEGE",
                "projectUpdate(id: \"p\", input: {baseEnvironmentId: \"e\"}) { id } | PRIVILEGE",
                "pluginDelete(id: \"x\") | DESTROY",
                "pluginReset(id: \"x\", input: {environmentId: \"e\"}) | DESTROY",
                "projectDelete(id: \"p\") | DESTROY",
                "projectTokenCreate(input: {projectId: \"p\", environmentId: \"e\", name: \"n\"}) | CREDENTIAL",
                "deploymentApprove(id: \"d\") | EXECUTE PRIVILEGE",
            })
    void everyIndirectDestructionHasItsRealImpact(String field, String impacts) {
        assertThat(impacts("mutation { " + field + " }")).isEqualTo(RestFixture.words(impacts));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "serviceInstanceDeployV2(environmentId: \"e\", serviceId: \"s\") | WRITE",
                "serviceInstanceDeployV2(environmentId: \"e\", serviceId: \"s\", commitSha: \"c\") | WRITE EXECUTE",
                "serviceUpdate(id: \"s\", input: {icon: \"i\"}) { id } | WRITE",
                "serviceUpdate(id: \"s\", input: {name: \"n\"}) { id } | WRITE PRIVILEGE",
                "serviceCreate(input: {projectId: \"p\", environmentId: \"e\"}) { id } | WRITE",
                "serviceCreate(input: {projectId: \"p\", environmentId: \"e\", source: {repo: \"r\"}}) { id } | WRITE EXECUTE",
                "sandboxCreate(input: {environmentId: \"e\"}) { id } | WRITE",
                "sandboxCreate(input: {environmentId: \"e\", template: {instructions: \"x\"}}) { id } | WRITE EXECUTE",
                "sandboxCreate(input: {environmentId: \"e\", sourceSandboxId: \"x\"}) { id } | WRITE CREDENTIAL",
                "environmentCreate(input: {projectId: \"p\", name: \"n\"}) { id } | WRITE",
                "environmentCreate(input: {projectId: \"p\", name: \"n\", sourceEnvironmentId: \"e\"}) { id } | WRITE PRIVILEGE",
                "projectCreate(input: {name: \"n\", isPublic: false}) { id } | WRITE",
                "projectCreate(input: {name: \"n\", isPublic: true}) { id } | WRITE PRIVILEGE",
                "volumeCreate(input: {projectId: \"p\", environmentId: \"e\", mountPath: \"/d\"}) { id } | WRITE",
                "volumeCreate(input: {projectId: \"p\", mountPath: \"/d\"}) { id } | WRITE PRIVILEGE",
                "setServiceUnderAttackMode(input: {environmentId: \"e\", serviceId: \"s\", enabled: true}) { id } | WRITE",
                "setServiceUnderAttackMode(input: {environmentId: \"e\", serviceId: \"s\", enabled: false}) { id }"
                        + " | WRITE PRIVILEGE",
                "updateServiceEdgeRules(input: {environmentId: \"e\", serviceId: \"s\", edgeRules: []}) { id } | PRIVILEGE",
                "updateServiceEdgeRules(input: {environmentId: \"e\", serviceId: \"s\", edgeRules: null}) { id }"
                        + " | PRIVILEGE DESTROY",
                "railwayDomainUpdate(input: {id: \"d\", autoRenewEnabled: true}) { id } | WRITE",
                "railwayDomainUpdate(input: {id: \"d\", autoRenewEnabled: false}) { id } | WRITE DESTROY",
                "egressGatewayUpgradeToHA(input: {environmentId: \"e\", serviceId: \"s\"}) { ipv4 } | DESTROY",
                "variableUpsert(input: {environmentId: \"e\", projectId: \"p\", name: \"A\", value: \"\"}) | WRITE DESTROY",
                "variableUpsert(input: {environmentId: \"e\", projectId: \"p\", name: \" NODE_OPTIONS\", value: \"x\"}) | WRITE EXECUTE",
                "variableUpsert(input: {environmentId: \"e\", projectId: \"p\", name: \"HTTPS_PROXY\", value: \"x\"}) | WRITE EXECUTE",
                "variableUpsert(input: {environmentId: \"e\", projectId: \"p\", name: \"PGDATA\", value: \"x\"}) | WRITE DESTROY",
                "serviceInstanceUpdate(environmentId: \"e\", serviceId: \"s\", input: {numReplicas: 0}) | WRITE DESTROY",
                "serviceInstanceUpdate(environmentId: \"e\", serviceId: \"s\", input: {numReplicas: 2}) | WRITE",
                "egressGatewayUpgradeToHA(input: {environmentId: \"e\", serviceId: \"s\", allEnvironments: true}) { ipv4 }"
                        + " | DESTROY PRIVILEGE",
                "templateDeployV2(input: {templateId: \"t\", serializedConfig: {}}) { workflowId } | WRITE EXECUTE",
                "templateDeployV2(input: {templateId: \"t\", serializedConfig: {}, existingRootServiceId: \"s\"})"
                        + " { workflowId } | WRITE EXECUTE DESTROY",
            })
    void argumentsRaiseAndLowerTheImpact(String field, String impacts) {
        assertThat(impacts("mutation { " + field + " }")).isEqualTo(RestFixture.words(impacts));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "variables(projectId: \"p\", environmentId: \"e\")",
                "variablesForServiceDeployment(projectId: \"p\", environmentId: \"e\", serviceId: \"s\")",
                "bucketS3Credentials(projectId: \"p\", environmentId: \"e\", bucketId: \"b\") { region }",
                "projectInviteCode(projectId: \"p\", role: ADMIN) { id }",
                "inviteCode(code: \"c\") { id }",
                "deploymentSnapshot(deploymentId: \"d\") { id }",
                "apiTokens { edges { node { id } } }",
                "projectTokens(projectId: \"p\") { edges { node { id } } }",
                "environment(id: \"e\") { config(decryptVariables: true) }",
                "environment(id: \"e\") { config }",
                "environmentStagedChanges(environmentId: \"e\") { patch(decryptVariables: true) }",
                "projectToken { displayToken }",
            })
    void aQueryThatRevealsSecretsIsCredential(String field) {
        assertThat(impacts("{ " + field + " }")).containsExactlyInAnyOrder(READ, CREDENTIAL);
    }

    /** Agents read logs first when something is wrong; the starter policy says in which environments. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "deploymentLogs(deploymentId: \"d\") { timestamp message attributes { key value } }",
                "buildLogs(deploymentId: \"d\") { message }",
                "environmentLogs(environmentId: \"e\") { message }",
                "httpLogs(deploymentId: \"d\") { path }",
            })
    void logsAreReads(String field) {
        assertThat(impacts("{ " + field + " }")).containsExactly(READ);
    }

    @Test
    void encryptedPatchesAreAPureRead() {
        assertThat(one("{ environmentStagedChanges(environmentId: \"e\") { id patch(decryptVariables: false) } }")
                        .isPureRead())
                .isTrue();
    }

    @Test
    void aSecretIsFoundAtAnyDepth() {
        Action action = one("{ project(id: \"p\") { environments { edges { node { deployments { edges { node {"
                + " environment { config(decryptVariables: true) } } } } } } } } }");
        assertThat(action.impacts()).containsExactlyInAnyOrder(READ, CREDENTIAL);
        assertThat(facts(action, "reveals")).containsExactly("Environment.config");
    }

    @Test
    void aSecretInAMutationsAnswerIsFound() {
        assertThat(impacts("mutation { environmentRename(id: \"e\", input: {name: \"n\"})"
                        + " { config(decryptVariables: true) } }"))
                .containsExactlyInAnyOrder(PRIVILEGE, CREDENTIAL);
    }

    @Test
    void aRelationOutOfAResourceTouchesTheAccount() {
        String start = "{ serviceInstance(environmentId: \"stg\", serviceId: \"s\") { service { ";
        assertThat(resources(start + "id name __typename } } }")).containsExactly("railway:environment/stg");
        assertThat(resources(start + "deployments { edges { node { id } } } } } }"))
                .containsExactlyInAnyOrder("railway:environment/stg", "railway:account/self");
    }

    @Test
    void theParentOfAResourceIsRead() {
        assertThat(resources("{ project(id: \"p\") { environments { edges { node { id isEphemeral } } }"
                        + " volumes { edges { node { volumeInstances { edges { node { state } } } } } } } }"))
                .containsExactly("railway:project/p");
    }

    @Test
    void anOperationWithoutResourceTouchesTheAccount() {
        assertThat(resources("{ me { id } }")).containsExactly("railway:account/self");
        assertThat(resources("mutation { userDelete }")).containsExactly("railway:account/self");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mutation { volumeObliterate(id: \"v\") }", "{ everything { id } }"})
    void anOperationThatExistsOnlyUpstreamIsUnknownByItsName(String document) {
        Action action = one(document);
        assertThat(action.impacts()).containsExactly(UNKNOWN);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(action.resources()).extracting(Object::toString).containsExactly("railway:account/self");
        assertThat(action.operation().name()).isIn("volumeObliterate", "everything");
    }

    @Test
    void anUnknownOperationThatSelectsASecretFieldStaysCredentialOnceItIsClassified() {
        assertThat(impacts("{ everything { a { secretAccessKey } } }")).containsExactlyInAnyOrder(UNKNOWN, CREDENTIAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{ __schema { types { name } } }", "{ __type(name: \"A\") { name } }", "{ __typename }"})
    void introspectionIsARead(String document) {
        assertThat(one(document).isPureRead()).isTrue();
    }

    @Test
    void aTypeNameBesideAnotherFieldAddsNothing() {
        assertThat(resources("mutation { __typename volumeDelete(volumeId: \"v\") }"))
                .containsExactly("railway:volume/v");
    }

    @Test
    void theLongFormOfAnIdentifierListIsRead() {
        assertThat(resources("{ projectsByIds(ids: [\"a\", \"b\"]) { id } }"))
                .containsExactlyInAnyOrder("railway:project/a", "railway:project/b");
        assertThat(only(RailwayFixture.document(
                                "query($i: [String!]!) { projectsByIds(ids: $i) { id } }", "{\"i\":\"a\"}"))
                        .resources())
                .extracting(Object::toString)
                .containsExactly("railway:project/a");
    }

    @Test
    void theCatalogDescribesItsOperations() {
        assertThat(RailwayFixture.CATALOG.operations()).hasSize(230 + 152);
        assertThat(RailwayFixture.CATALOG.carriers().headers()).contains("authorization", "project-access-token");
        assertThat(RailwayFixture.CATALOGS.digest("railway").orElseThrow()).matches("[0-9a-f]{64}");
        assertThat(RailwayFixture.CATALOG.operations())
                .filteredOn(entry -> entry.operation().name().equals("projectDelete"))
                .singleElement()
                .satisfies(entry -> assertThat(
                                entry.safer().orElseThrow().operation().name())
                        .isEqualTo("projectScheduleDelete"));
    }

    @Test
    void aMistypedFieldOrArgumentIsAnsweredWithTheNearestOne() {
        assertThat(RailwayFixture.refused(RailwayFixture.document("query { project(id: \"p\") { createdat } }"))
                        .next())
                .isEqualTo("Is `createdAt` meant? Leave it out, or ask a person for a catalog that lists it.");
        assertThat(RailwayFixture.refused(RailwayFixture.document("mutation { volumeDelete(volumeID: \"v\") }"))
                        .next())
                .isEqualTo("Is `volumeId` meant? Leave it out, or ask a person for a catalog that lists it.");
        assertThat(RailwayFixture.refused(RailwayFixture.document("query { project(id: \"p\") { zebra } }"))
                        .next())
                .startsWith("Leave it out");
    }
}
