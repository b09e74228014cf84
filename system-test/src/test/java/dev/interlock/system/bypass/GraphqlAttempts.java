package dev.interlock.system.bypass;

import static dev.interlock.system.bypass.BypassAttempt.same;
import static dev.interlock.system.bypass.Requests.latin;
import static dev.interlock.system.bypass.Requests.post;
import static dev.interlock.system.bypass.Requests.postJson;
import static dev.interlock.system.bypass.Requests.query;
import static dev.interlock.system.bypass.Requests.quoted;
import static dev.interlock.system.bypass.Requests.raw;
import static dev.interlock.system.bypass.Requests.utf8;

import dev.interlock.system.bypass.BypassAttempt.AttemptHarm;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Destructive calls that are hidden in the spelling, the transport or the meaning of GraphQL. */
final class GraphqlAttempts {

    private static final AttemptHarm DELETED = new AttemptHarm.ExecutedRootField("volumeDelete");
    private static final String DELETE = "volumeDelete(volumeId: \"" + SimulatedProvider.SHARED + "\")";
    private static final String READ = "query look { environment(id: \"" + SimulatedProvider.STAGING + "\") { id } }";
    private static final String VARIABLES = "{\"v\":\"" + SimulatedProvider.SHARED + "\"}";

    private GraphqlAttempts() {}

    static List<BypassAttempt> all() throws IOException {
        List<BypassAttempt> all = new ArrayList<>(written());
        all.addAll(carried());
        all.addAll(unpacked());
        all.addAll(meant());
        all.addAll(told());
        return all;
    }

    private static List<BypassAttempt> written() {
        String two = READ + " mutation quiet { " + DELETE + " }";
        return List.of(
                same("plain", query("mutation { " + DELETE + " }"), DELETED, "denied"),
                same("alias", query("mutation { environment: " + DELETE + " }"), DELETED, "denied"),
                same("alias that reads like an update", query("mutation { volumeUpdate: " + DELETE + " }"), DELETED),
                same("two aliases", query("mutation { a: __typename b: " + DELETE + " }"), DELETED),
                same("fragment", query("mutation { ...f } fragment f on Mutation { " + DELETE + " }"), DELETED),
                same(
                        "nested fragment",
                        query("mutation { ...a } fragment a on Mutation { ...b } fragment b on Mutation { ...c } "
                                + "fragment c on Mutation { " + DELETE + " }"),
                        DELETED),
                same("inline fragment", query("mutation { ... on Mutation { ... { " + DELETE + " } } }"), DELETED),
                same(
                        "several operations, operationName",
                        postJson("{\"query\":" + quoted(two) + ",\"operationName\":\"quiet\"}"),
                        DELETED),
                same(
                        "operationName behind an escape",
                        postJson("{\"query\":" + quoted(two) + ",\"operation\\u004eame\":\"quiet\"}"),
                        DELETED),
                same(
                        "variable",
                        query("mutation($v: String!) { volumeDelete(volumeId: $v) }", VARIABLES),
                        DELETED,
                        "denied"),
                same(
                        "variable default",
                        query("mutation($v: String! = \"" + SimulatedProvider.SHARED
                                + "\") { volumeDelete(volumeId: $v) }"),
                        DELETED),
                same(
                        "include by a variable",
                        query("mutation($v: Boolean!) { __typename " + DELETE + " @include(if: $v) }", "{\"v\":true}"),
                        DELETED),
                same(
                        "include by a variable's default",
                        query("mutation($v: Boolean! = true) { __typename " + DELETE + " @include(if: $v) }"),
                        DELETED),
                same(
                        "skip by a variable",
                        query("mutation($v: Boolean!) { __typename " + DELETE + " @skip(if: $v) }", "{\"v\":false}"),
                        DELETED),
                same(
                        "comment in between",
                        query("mutation { #{ volumeUpdate\n volumeDelete # }\n(volumeId: \"" + SimulatedProvider.SHARED
                                + "\") }"),
                        DELETED),
                same("commas for blanks", query("mutation,{,,," + DELETE.replace(" ", ",") + ",,}"), DELETED),
                same(
                        "block string",
                        query("mutation { volumeDelete(volumeId: \"\"\"" + SimulatedProvider.SHARED + "\"\"\") }"),
                        DELETED),
                same(
                        "byte order mark in the document",
                        postJson("{\"query\":\"\\ufeffmutation { " + DELETE.replace("\"", "\\\"") + " }\"}"),
                        DELETED),
                same(
                        "JSON escapes",
                        postJson("{\"query\":\"\\u006dutation { volume\\u0044elete(volumeId: \\\""
                                + SimulatedProvider.SHARED + "\\\") }\"}"),
                        DELETED),
                same(
                        "GraphQL escapes",
                        query("mutation { volumeDelete(volumeId: \"\\u0033" + SimulatedProvider.SHARED.substring(1)
                                + "\") }"),
                        DELETED),
                same(
                        "after a permitted write",
                        query(CredentialCarrierAttempts.REDEPLOY.replace(" }", " " + DELETE + " }")),
                        DELETED),
                same(
                        "before a permitted write",
                        query(CredentialCarrierAttempts.REDEPLOY.replace("{ ", "{ " + DELETE + " ")),
                        DELETED),
                same(
                        "a variable that is null beside it",
                        query(
                                "mutation($v: String!, $n: String) { volumeDelete(volumeId: $v) volumeInstanceUpdate("
                                        + "volumeId: $v, environmentId: $n, input: {}) }",
                                "{\"v\":\"" + SimulatedProvider.SHARED + "\",\"n\":null}"),
                        DELETED));
    }

    private static List<BypassAttempt> carried() throws IOException {
        String document = "mutation { " + DELETE + " }";
        String json = "{\"query\":" + quoted(document) + "}";
        String harmless = "{\"query\":" + quoted(READ) + "}";
        String encoded = URLEncoder.encode(document, StandardCharsets.UTF_8);
        List<String> plain = List.of("Host: ${host}", "Authorization: Bearer ${token}", "Connection: close");
        byte[] zipped = gzip(json);
        return List.of(
                same("batch of one", postJson("[" + json + "]"), DELETED),
                same("batch, second of two", postJson("[" + harmless + "," + json + "]"), DELETED),
                same("GET", raw("GET", "${path}?query=" + encoded, plain, ""), DELETED),
                same(
                        "GET with variables",
                        raw(
                                "GET",
                                "${path}?query="
                                        + URLEncoder.encode(
                                                "mutation($v:String!){volumeDelete(volumeId:$v)}",
                                                StandardCharsets.UTF_8)
                                        + "&variables=" + URLEncoder.encode(VARIABLES, StandardCharsets.UTF_8),
                                plain,
                                ""),
                        DELETED),
                same(
                        "key written twice, harmless first",
                        postJson("{\"query\":" + quoted(READ) + ",\"query\":" + quoted(document) + "}"),
                        DELETED),
                same(
                        "key written twice, once in escapes",
                        postJson("{\"query\":" + quoted(READ) + ",\"quer\\u0079\":" + quoted(document) + "}"),
                        DELETED),
                same(
                        "variable written twice",
                        postJson("{\"query\":"
                                + quoted("mutation($v:String!){volumeDelete(volumeId:$v)}")
                                + ",\"variables\":{\"v\":\"d15b05ab-1e00-4c1b-b2f7-57a61a9e0003\",\"v\":\""
                                + SimulatedProvider.SHARED
                                + "\"}}"),
                        DELETED),
                same(
                        "persisted query's hash beside the text",
                        postJson("{\"query\":" + quoted(document)
                                + ",\"extensions\":{\"persistedQuery\":{\"version\":1,\"sha256Hash\":\"00\"}}}"),
                        DELETED),
                same(
                        "stored document's name beside the text",
                        postJson(
                                "{\"query\":" + quoted(document) + ",\"documentId\":\"harmless\",\"id\":\"harmless\"}"),
                        DELETED),
                same("application/graphql", post("application/graphql", utf8(document)), DELETED, "denied"),
                same("form fields", post("application/x-www-form-urlencoded", latin("query=" + encoded)), DELETED),
                same("multipart by its name only", post("multipart/form-data; boundary=x", utf8(json)), DELETED),
                same("text/plain", post("text/plain", utf8(json)), DELETED),
                same("another charset by name", post("application/json; charset=utf-16", utf8(json)), DELETED),
                same("really UTF-16", post(Requests.JSON, json.getBytes(StandardCharsets.UTF_16BE)), DELETED),
                same("byte order mark before the JSON", postJson("\ufeff" + json), DELETED),
                same("gzip", post(Requests.JSON, zipped, "Content-Encoding: gzip"), DELETED, "denied"),
                same("x-gzip", post(Requests.JSON, zipped, "Content-Encoding: x-gzip"), DELETED, "denied"),
                same(
                        "harmless query string beside the body",
                        raw(
                                "${path}?query=" + URLEncoder.encode(READ, StandardCharsets.UTF_8),
                                List.of(
                                        "Host: ${host}",
                                        "Authorization: Bearer ${token}",
                                        "Content-Type: application/json",
                                        "Content-Length: " + json.length(),
                                        "Connection: close"),
                                json),
                        DELETED),
                same("more after the JSON", postJson(json + " {\"query\":" + quoted(READ) + "}"), DELETED));
    }

    /**
     * Returns forms of a body that the gateway reads, so that it refuses a deletion in them; and their second readings.
     * The direct request is the one that a server which accepts the form would have read.
     */
    private static List<BypassAttempt> unpacked() throws IOException {
        String document = "mutation { " + DELETE + " }";
        String json = "{\"query\":" + quoted(document) + "}";
        String variable = "mutation($v:String!){volumeDelete(volumeId:$v)}";
        String harmless = "{\"query\":" + quoted(READ) + "}";
        String form = "multipart/form-data; boundary=X";
        byte[] two = Requests.concat(gzip(harmless), gzip(json));
        return List.of(
                read("deflate", post(Requests.JSON, deflate(json), "Content-Encoding: deflate")),
                read("gzip of a document", post("application/graphql", gzip(document), "Content-Encoding: gzip")),
                read(
                        "a document, its variables in the query",
                        target(
                                "${path}?variables=" + URLEncoder.encode(VARIABLES, StandardCharsets.UTF_8),
                                "application/graphql",
                                variable)),
                notRead("a form", post(form, utf8(part("operations", json) + part("map", "{}") + "--X--\r\n"))),
                notRead("gzip in two members", post(Requests.JSON, two, "Content-Encoding: gzip")),
                notRead(
                        "gzip, and the deletion behind it",
                        post(Requests.JSON, Requests.concat(gzip(harmless), utf8(json)), "Content-Encoding: gzip")),
                notRead("gzip twice", post(Requests.JSON, gzip(json), "Content-Encoding: gzip, gzip")),
                notRead("br", post(Requests.JSON, utf8(json), "Content-Encoding: br")),
                notRead(
                        "a document, and another in the query",
                        target(
                                "${path}?query=" + URLEncoder.encode(READ, StandardCharsets.UTF_8),
                                "application/graphql",
                                document)),
                read("a mutation written as a query", query("query { " + DELETE + " }")),
                read("a mutation without a word before it", query("{ " + DELETE + " }")),
                notRead("a mutation as a subscription", query("subscription { " + DELETE + " }")),
                notRead(
                        "beside the fields of a presigned form",
                        post(
                                form,
                                utf8(part("key", "backups/latest") + part("policy", "eyJjb25kaXRpb25zIjpbXX0=")
                                        + part("x-amz-credential", "AKIAEXAMPLE/20261120/eu-west-1/s3/aws4_request")
                                        + part("x-amz-signature", "0".repeat(64)) + part("operations", json)
                                        + part("map", "{}") + "--X--\r\n"))),
                notRead("longer than is kept", post(Requests.JSON, utf8(json + " ".repeat(1 << 20)))),
                notRead("asked of the gateway itself", target("/.interlock/leases", Requests.JSON, json)));
    }

    private static BypassAttempt read(String name, byte[] wire) {
        return new BypassAttempt(name, query("mutation { " + DELETE + " }"), wire, DELETED, List.of("denied"));
    }

    private static BypassAttempt notRead(String name, byte[] wire) {
        return new BypassAttempt(name, query("mutation { " + DELETE + " }"), wire, DELETED, List.of("not_understood"));
    }

    private static byte[] target(String target, String type, String body) {
        return raw(
                target,
                List.of(
                        "Host: ${host}",
                        "Authorization: Bearer ${token}",
                        "Content-Type: " + type,
                        "Content-Length: " + body.length(),
                        "Connection: close"),
                body);
    }

    private static String part(String name, String content) {
        return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n";
    }

    private static byte[] deflate(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream zip = new DeflaterOutputStream(bytes)) {
            zip.write(utf8(text));
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(utf8(text));
        }
        return bytes.toByteArray();
    }

    /** Returns calls without `delete` in their names, or that name the deleted resource elsewhere. */
    private static List<BypassAttempt> meant() {
        String patch = "{\"p\":{\"volumes\":{\"" + SimulatedProvider.SHARED + "\":{\"isDeleted\":true}}}}";
        return List.of(
                runs("volumePurgeEverything", "volumePurgeEverything"),
                runs("volumePurgeEverything", "volumePurgeEverything(confirm: true)"),
                runs(
                        "environmentPatchCommit",
                        "environmentPatchCommit(environmentId: \"" + SimulatedProvider.STAGING
                                + "\", patch: {volumes: {_" + SimulatedProvider.SHARED.replace('-', '_')
                                + ": {isDeleted: true}}})"),
                same(
                        "environmentPatchCommit with isDeleted in a variable",
                        query(
                                "mutation($p: EnvironmentConfig) { environmentPatchCommit(environmentId: \""
                                        + SimulatedProvider.STAGING + "\", patch: $p) }",
                                patch),
                        new AttemptHarm.ExecutedRootField("environmentPatchCommit")),
                same(
                        "environmentPatchCommit that removes a variable",
                        query(
                                "mutation($p: EnvironmentConfig) { environmentPatchCommit(environmentId: \""
                                        + SimulatedProvider.PRODUCTION + "\", patch: $p) }",
                                "{\"p\":{\"variables\":{\"DATABASE_PASSWORD\":null}}}"),
                        new AttemptHarm.ExecutedRootField("environmentPatchCommit")),
                same(
                        "stage and commit in one document",
                        query(
                                "mutation($p: EnvironmentConfig!) { environmentStageChanges(environmentId: \""
                                        + SimulatedProvider.STAGING
                                        + "\", input: $p) { id } environmentPatchCommitStaged("
                                        + "environmentId: \"" + SimulatedProvider.STAGING + "\") }",
                                patch),
                        new AttemptHarm.ExecutedRootField("environmentPatchCommitStaged")),
                runs(
                        "environmentPatchCommitStaged",
                        "environmentPatchCommitStaged(environmentId: \"" + SimulatedProvider.STAGING + "\")"),
                same(
                        "environmentApplyChangeSet",
                        query(
                                "mutation($p: JSON!) { environmentApplyChangeSet(environmentId: \""
                                        + SimulatedProvider.STAGING + "\", input: $p) { id } }",
                                patch),
                        new AttemptHarm.ExecutedRootField("environmentApplyChangeSet")),
                runs(
                        "volumeInstanceUpdate",
                        "volumeInstanceUpdate(volumeId: \"" + SimulatedProvider.SHARED
                                + "\", input: {state: DELETED})"),
                runs(
                        "volumeInstanceUpdate",
                        "volumeInstanceUpdate(volumeId: \"" + SimulatedProvider.SHARED
                                + "\", input: {serviceId: null})"),
                runs(
                        "volumeInstanceUpdate",
                        "volumeInstanceUpdate(volumeId: \"" + SimulatedProvider.SHARED + "\", environmentId: \""
                                + SimulatedProvider.STAGING + "\", input: {state: DELETED})"),
                runs(
                        "variableCollectionUpsert",
                        "variableCollectionUpsert(input: {projectId: \"" + SimulatedProvider.PROJECT
                                + "\", environmentId: \"" + SimulatedProvider.STAGING
                                + "\", replace: true, variables: {}})"),
                same(
                        "variableCollectionUpsert with replace in a variable",
                        query(
                                "mutation($i: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $i) }",
                                "{\"i\":{\"projectId\":\"" + SimulatedProvider.PROJECT + "\",\"environmentId\":\""
                                        + SimulatedProvider.STAGING + "\",\"replace\":true,\"variables\":{}}}"),
                        new AttemptHarm.ExecutedRootField("variableCollectionUpsert")),
                runs(
                        "volumeInstanceBackupScheduleUpdate",
                        "volumeInstanceBackupScheduleUpdate(kinds: [], volumeInstanceId: \""
                                + SimulatedProvider.SHARED_PRODUCTION + "\")"),
                runs(
                        "volumeInstanceBackupRestore",
                        "volumeInstanceBackupRestore(volumeInstanceBackupId: \"" + SimulatedProvider.OLD_BACKUP
                                + "\", volumeInstanceId: \"" + SimulatedProvider.SHARED_PRODUCTION
                                + "\", wipeServiceIds: [\""
                                + SimulatedProvider.DATABASE + "\"]) { workflowId }"),
                runs(
                        "volumeInstanceBackupDelete",
                        "volumeInstanceBackupDelete(volumeInstanceBackupId: \"" + SimulatedProvider.OLD_BACKUP
                                + "\", volumeInstanceId: \"" + SimulatedProvider.SHARED_PRODUCTION
                                + "\") { workflowId }"),
                runs(
                        "serviceInstanceUpdate",
                        "serviceInstanceUpdate(serviceId: \"" + SimulatedProvider.DATABASE
                                + "\", input: {startCommand: \"rm -rf /var/lib/bookings/*\"})"),
                runs(
                        "serviceInstanceUpdate",
                        "serviceInstanceUpdate(environmentId: \"" + SimulatedProvider.STAGING + "\", serviceId: \""
                                + SimulatedProvider.DATABASE
                                + "\", input: {preDeployCommand: \"rm -rf /var/lib/bookings/*\"})"),
                runs("serviceDelete", "serviceDelete(id: \"" + SimulatedProvider.DATABASE + "\")"),
                runs("environmentDelete", "environmentDelete(id: \"" + SimulatedProvider.STAGING + "\")"),
                runs("projectDelete", "projectDelete(id: \"" + SimulatedProvider.PROJECT + "\")"),
                runs("projectScheduleDelete", "projectScheduleDelete(id: \"" + SimulatedProvider.PROJECT + "\")"),
                runs(
                        "projectScheduleDeleteForce",
                        "projectScheduleDeleteForce(id: \"" + SimulatedProvider.PROJECT + "\")"),
                runs(
                        "environmentRename",
                        "environmentRename(id: \"" + SimulatedProvider.PRODUCTION
                                + "\", input: {name: \"staging\"}) { id }"),
                runs("apiTokenCreate", "apiTokenCreate(input: {name: \"ci\"})"),
                runs(
                        "projectTokenCreate",
                        "projectTokenCreate(input: {name: \"ci\", projectId: \"" + SimulatedProvider.PROJECT
                                + "\", environmentId: \"" + SimulatedProvider.STAGING + "\"})"),
                runs(
                        "generateShellToken",
                        "generateShellToken(input: {environmentId: \"" + SimulatedProvider.STAGING
                                + "\", instanceId: \"x\", scope: \"x\"})"),
                runs(
                        "sandboxExec",
                        "sandboxExec(command: \"rm -rf /\", environmentId: \"" + SimulatedProvider.STAGING
                                + "\", id: \"x\") { exitCode }"));
    }

    private static BypassAttempt runs(String root, String field) {
        return same(
                field.substring(0, Math.min(70, field.length())),
                query("mutation { " + field + " }"),
                new AttemptHarm.ExecutedRootField(root));
    }

    private static List<BypassAttempt> told() {
        AttemptHarm production = new AttemptHarm.LeakedText(SimulatedProvider.PRODUCTION_SECRET);
        AttemptHarm staging = new AttemptHarm.LeakedText(SimulatedProvider.STAGING_SECRET);
        String at = "(projectId: \"" + SimulatedProvider.PROJECT + "\", environmentId: \"" + SimulatedProvider.STAGING
                + "\")";
        return List.of(
                same("variables", query("{ variables" + at + " }"), staging),
                same(
                        "variables of production",
                        query("{ variables" + at.replace(SimulatedProvider.STAGING, SimulatedProvider.PRODUCTION)
                                + " }"),
                        production),
                same("variables behind an alias", query("{ id: variables" + at + " }"), staging),
                same(
                        "variables, unrendered",
                        query("{ variables" + at.replace(")", ", unrendered: true)") + " }"),
                        staging),
                same(
                        "decrypted configuration at depth",
                        query("{ project(id: \"" + SimulatedProvider.PROJECT
                                + "\") { environments { edges { node { config(decryptVariables: true) } } } } }"),
                        production),
                same(
                        "decrypted by a variable's default",
                        query("query($d: Boolean = true) { environment(id: \"" + SimulatedProvider.STAGING
                                + "\") { config(decryptVariables: $d) } }"),
                        staging),
                same(
                        "decrypted behind a fragment",
                        query("{ environment(id: \"" + SimulatedProvider.STAGING
                                + "\") { ...f } } fragment f on Environment { id: config(decryptVariables: true) }"),
                        staging));
    }
}
