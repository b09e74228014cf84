package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that a model may be queried. A request that makes the provider's servers act by themselves counts as execution,
 * however it is written.
 */
final class ModelProvidersTest {

    private static final RestFixture ANTHROPIC = RestFixture.of("anthropic");
    private static final String MESSAGES = "POST /v1/messages?beta=true";
    private static final String COUNTED = "POST /v1/messages/count_tokens?beta=true";
    private static final RestFixture OPENAI = RestFixture.of("openai");
    private static final String RESPONSES = "POST /v1/responses";
    private static final String OF_A_SUBSCRIPTION = "POST /backend-api/codex/responses";

    private static String message(String more) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," + more + "}";
    }

    private static String content(String blocks) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" + blocks + "}]}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'max_tokens':64000,'stream':true,'temperature':0.5,'metadata':{'user_id':'u'}",
                "'system':'be kind'",
                "'system':[{'type':'text','text':'be kind','cache_control':{'type':'ephemeral','ttl':'1h'}}]",
                "'thinking':{'type':'adaptive'},'output_config':{'effort':'high'},'tool_choice':{'type':'auto'}",
                "'context_management':{'edits':[{'type':'clear_thinking_20251015','keep':'all'}]}",
                "'tools':[{'name':'Bash','description':'d','input_schema':{'type':'object','properties':"
                        + "{'url':{'type':'string'},'type':{'type':'web_search_20250305'}}}}]",
                "'tools':[{'type':'custom','name':'a','input_schema':{}},{'type':null,'name':'b','input_schema':{}}]",
                "'tools':[{'type':'bash_20250124','name':'bash'}]",
                "'container':null,'mcp_servers':null",
            })
    void askingAModelIsARead(String more) {
        assertThat(ANTHROPIC.action(MESSAGES, message(more.replace('\'', '"')))).satisfies(action -> {
            assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ));
            assertThat(action.resources()).isEqualTo(Set.of(new Resource("anthropic", "account", "self")));
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'type':'text','text':'hi'},{'type':'thinking','thinking':'…','signature':'s'}]",
                "[{'type':'tool_use','id':'1','name':'WebFetch','input':{'type':'web_fetch','source':{'url':'u'}}}]",
                "[{'type':'tool_result','tool_use_id':'1','is_error':true,'content':'no'}]",
                "[{'type':'tool_result','tool_use_id':'1','content':[{'type':'text','text':'x'},"
                        + "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'aa'}}]}]",
                "[{'type':'document','source':{'type':'content','content':[{'type':'text','text':'x'}]}}]",
                "[{'type':'document','source':{'type':'text','media_type':'text/plain','data':'x'}}]",
                "[{'type':'compaction','content':'what was before'}]",
            })
    void toolResultsInThePromptAreARead(String blocks) {
        assertThat(ANTHROPIC.impacts(MESSAGES, content(blocks.replace('\'', '"'))))
                .isEqualTo(Set.of(Impact.READ));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'mcp_servers':[{'type':'url','url':'https://evil.example','name':'x'}]",
                "'mcp_servers':[]",
                "'container':'container_1'",
                "'container':{'skills':[]}",
                "'tools':[{'type':'web_search_20250305','name':'web_search','max_uses':8}]",
                "'tools':[{'type':'web_fetch_20250910','name':'web_fetch'}]",
                "'tools':[{'type':'code_execution_20250825','name':'code_execution'}]",
                "'tools':[{'type':'mcp_toolset','mcp_server_name':'x'}]",
                "'tools':[{'type':'computer_20250124','name':'computer'}]",
                "'tools':[{'type':'of_tomorrow','name':'x'}]",
                "'tools':[{'type':'CUSTOM','name':'x'}]",
                "'tools':[{'type':['custom','web_search_20250305'],'name':'x'}]",
                "'tools':[{'name':'a','input_schema':{}},{'type':'web_search_20250305','name':'web_search'}]",
                "'tools':[[{'type':'web_search_20250305','name':'web_search'}]]",
                "'tools':[{'name':'a','allowed_callers':['code_execution_20250825']}]",
                "'context_management':{'edits':[{'type':'of_tomorrow'}]}",
                "'system':[{'type':'of_tomorrow','text':'x'}]",
            })
    void serverSideToolsExecute(String more) {
        for (String request : Set.of(MESSAGES, COUNTED)) {
            assertThat(ANTHROPIC.impacts(request, message(more.replace('\'', '"'))))
                    .as(request)
                    .contains(Impact.EXECUTE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'type':'image','source':{'type':'url','url':'https://evil.example/?secret'}}]",
                "[{'type':'image','source':{'url':'https://evil.example/?secret'}}]",
                "[{'type':'image','source':{'type':'base64','url':'https://evil.example/?secret'}}]",
                "[{'type':'document','source':{'type':'file','file_id':'file_1'}}]",
                "[{'type':'document','source':{'type':'of_tomorrow'}}]",
                "[{'type':'container_upload','id':'file_1'}]",
                "[{'type':'server_tool_use','id':'1','name':'web_search','input':{}}]",
                "[{'type':'tool_result','content':[{'type':'image','source':{'type':'url','url':'u'}}]}]",
                "[{'type':'tool_result','content':[{'type':'of_tomorrow'}]}]",
                "[{'type':'tool_result','content':[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'type':'url','url':'u'}}]}}]}]",
                "[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'type':'url','url':'u'}}]}}]",
                "[{'type':'document','source':{'type':'content','content':[{'type':'of_tomorrow'}]}}]",
                "[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'file_id':'f'}}]}}]",
                "[{'type':'document','source':{'type':'content','content':[{'type':'image','source':{'url':'u'}}]}}]",
                "[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'type':'of_tomorrow'}}]}}]",
                "[{'type':'document','source':{'file_id':'f'}}]",
                "[{'type':'tool_result','content':[{'type':'document','source':{'type':'of_tomorrow'}}]}]",
                "[{'type':'tool_result','content':[{'type':'image','source':{'url':'u'}}]}]",
                "[{'type':'tool_result','content':[{'type':'image','source':{'file_id':'f'}}]}]",
                "[{'type':'tool_result','content':[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'of_tomorrow'}]}}]}]",
                "[{'type':'tool_result','content':[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'type':'of_tomorrow'}}]}}]}]",
                "[{'type':'tool_result','content':[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'url':'u'}}]}}]}]",
                "[{'type':'tool_result','content':[{'type':'document','source':{'type':'content','content':"
                        + "[{'type':'image','source':{'file_id':'f'}}]}}]}]",
            })
    void urlsToFetchExecute(String blocks) {
        for (String request : Set.of(MESSAGES, COUNTED)) {
            assertThat(ANTHROPIC.impacts(request, content(blocks.replace('\'', '"'))))
                    .as(request)
                    .contains(Impact.EXECUTE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'model':'m','messages':[],'Mcp_Servers':[]}",
                "{'model':'m','messages':[],'mcpServers':[]}",
                "{'model':'m','messages':[{'role':'user','content':[{'type':'image','source':{'fileId':'f'}}]}]}",
                "{'model':'m','messages':[{'role':'user','content':[{'type':'image','source':'https://x'}]}]}",
                "{'model':'m','messages':'hi'}",
                "{'model':'m','tools':['web_search_20250305']}",
                "{'model':'m','mcp_servers':[],'mcp_servers':null}",
            })
    void oddShapesAndSpellingsAreNotUnderstood(String body) {
        ANTHROPIC.refused(RestFixture.call(MESSAGES, body.replace('\'', '"')));
    }

    private static final List<String> HARMLESS = List.of(
            "'of_tomorrow':1",
            "'of_tomorrow':null",
            "'of_tomorrow':'high'",
            "'of_tomorrow':{'effort':'max','display':['summarized','model-4.5'],'budget':{'type':'tokens','total':64000}}",
            "'diagnostics':{'previous_count':3,'enabled':true}",
            "'of_tomorrow':'clear_thinking_20251015'",
            "'mcp_hub':null,'web_lookup':false");

    private static final List<String> ACTING = List.of(
            "'mcp_hub':{}",
            "'hosted_tools':['lookup']",
            "'web_lookup':true",
            "'remoteServers':[{'name':'x'}]",
            "'output_file_format':{'target':'x'}",
            "'of_tomorrow':{'deep':[{'callbackUrl':'x'}]}",
            "'of_tomorrow':'https://evil.example/x'",
            "'of_tomorrow':[['evil.example']]",
            "'of_tomorrow':{'deep':['//evil/x']}",
            "'of_tomorrow':'10.0.0.1:80'",
            "'of_tomorrow':'a@evil'",
            "'of_tomorrow':'blob_011CNha8iCJcU1wXNR6q4V8w'",
            "'of_tomorrow':'7d444840-9dc0-11d1-b245-5ffdce74fad2'",
            "'api_key':'k'");

    /** The places of Anthropic's and OpenAI's requests where a field of tomorrow may stand. */
    private static Stream<Set<Impact>> impactsAtEachPlace(String field) {
        Stream<String> messages = Stream.of(
                "{'model':'m','messages':[],%s}",
                "{'model':'m','messages':[{'role':'user','content':'hi',%s}]}",
                "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'hi',%s}]}]}",
                "{'model':'m','messages':[],'system':[{'type':'text','text':'hi',%s}]}",
                "{'model':'m','messages':[],'tools':[{'name':'a','input_schema':{},%s}]}");
        Stream<String> responses = Stream.of(
                "{'model':'m','input':'hi',%s}",
                "{'model':'m','input':[{'role':'user','content':'hi',%s}]}",
                "{'model':'m','input':[{'role':'user','content':[{'type':'input_text','text':'hi',%s}]}]}",
                "{'model':'m','input':'hi','tools':[{'type':'function','name':'a','parameters':{},%s}]}");
        return Stream.concat(
                messages.flatMap(body -> Stream.of(MESSAGES, COUNTED)
                        .map(request ->
                                ANTHROPIC.impacts(request, body.formatted(field).replace('\'', '"')))),
                responses.map(
                        body -> OPENAI.impacts(RESPONSES, body.formatted(field).replace('\'', '"'))));
    }

    @Test
    void unknownFieldsThatCannotActAreRead() {
        assertThat(HARMLESS)
                .allSatisfy(field -> assertThat(impactsAtEachPlace(field)).allMatch(Set.of(Impact.READ)::equals));
    }

    @Test
    void unknownFieldsThatCouldActExecute() {
        assertThat(ACTING)
                .allSatisfy(field ->
                        assertThat(impactsAtEachPlace(field)).allMatch(impacts -> impacts.contains(Impact.EXECUTE)));
    }

    @Test
    void unknownFieldsReachTheModelAsSent() {
        HttpCall call = RestFixture.call(MESSAGES, message("\"of_tomorrow\":{\"effort\":\"max\"}"));
        HttpCall outgoing = (HttpCall) ANTHROPIC.understood(call).outgoing();
        assertThat(new String(outgoing.body().toArray(), StandardCharsets.UTF_8))
                .contains("\"of_tomorrow\":{\"effort\":\"max\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /v1/files",
                "GET /v1/files/file_1/content",
                "POST /v1/messages/batches",
                "POST /v1/skills",
                "GET /v1/organizations/api_keys",
                "POST /v1/complete",
                "POST /api/oauth/claude_cli/create_api_key",
                "GET /api/oauth/claude_cli/roles",
                "PUT /api/claude_code/settings",
                "PATCH /api/oauth/account/settings",
                "POST /api/oauth/file_upload",
                "POST /v1/oauth/token",
                "POST /api/event_logging/v2/batch",
                "POST /v1/sessions",
                "POST /v1/messages/",
                "HEAD /",
            })
    void otherOperationsOfTheProviderAreRefused(String request) {
        ANTHROPIC.refused(RestFixture.call(request, ""));
    }

    @Test
    void modelsAreListed() {
        assertThat(ANTHROPIC.impacts("GET /v1/models?limit=20", "")).isEqualTo(Set.of(Impact.READ));
        assertThat(ANTHROPIC.impacts("GET /v1/models/claude-1", "")).isEqualTo(Set.of(Impact.READ));
    }

    /** Claude Code asks for these with a subscription. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/claude_code/settings",
                "GET /api/claude_code/policy_limits",
                "GET /api/oauth/profile",
                "GET /api/oauth/usage",
            })
    void whatASubscriptionAllowsIsRead(String request) {
        assertThat(ANTHROPIC.impacts(request, "")).isEqualTo(Set.of(Impact.READ));
    }

    @Test
    void noKeyGoesUpstreamAndNoOtherVersion() {
        HttpCall call = RestFixture.call(
                MESSAGES,
                message("\"stream\":true"),
                new Header("x-api-key", "k"),
                new Header("anthropic-beta", "one,two"),
                new Header("anthropic-version", "2023-06-01"));
        assertThat(((HttpCall) ANTHROPIC.understood(call).outgoing()).headers())
                .extracting(Header::name)
                .contains("anthropic-beta", "anthropic-version", "content-type")
                .doesNotContain("x-api-key");
        ANTHROPIC.refused(
                RestFixture.call(MESSAGES, message("\"stream\":true"), new Header("anthropic-version", "2099-01-01")));
    }

    @Test
    void anUnknownBetaFeatureExecutes() {
        assertThat(impactsOfTrial("responses=experimental")).isEqualTo(Set.of(Impact.READ));
        for (String trial : List.of("of_tomorrow=v1", "Responses=experimental", "responses=experimental,x=1", "")) {
            assertThat(impactsOfTrial(trial)).as(trial).contains(Impact.EXECUTE);
        }
    }

    private static Set<Impact> impactsOfTrial(String trial) {
        HttpCall call = RestFixture.call(RESPONSES, response("'input':'hi'"), new Header("openai-beta", trial));
        return OPENAI.understood(call).actions().getFirst().impacts();
    }

    private static String response(String more) {
        return "{\"model\":\"m\"," + more.replace('\'', '"') + "}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'input':'hi','stream':true,'store':false,'include':['reasoning.encrypted_content'],'background':false",
                "'input':[{'role':'user','content':'hi'}],'instructions':'be kind','reasoning':{'effort':'low'}",
                "'input':[{'type':'message','role':'user','content':[{'type':'input_text','text':'hi'},"
                        + "{'type':'input_image','image_url':'data:image/png;base64,aa'}]}]",
                "'input':[{'type':'function_call','call_id':'1','name':'f','arguments':'{}'},"
                        + "{'type':'function_call_output','call_id':'1','output':'https://x'}]",
                "'input':[{'type':'function_call_output','call_id':'1','output':[{'type':'input_text','text':'x'}]}]",
                "'input':[{'type':'reasoning','summary':[{'type':'summary_text','text':'x'}],'encrypted_content':'x'}]",
                "'input':[{'type':'additional_tools','role':'developer','tools':[{'type':'namespace','name':'n',"
                        + "'tools':[{'type':'function','name':'f','parameters':{'type':'mcp'}}]}]}]",
                "'input':'hi','tools':[{'type':'function','name':'f','parameters':{'type':'object'}},"
                        + "{'type':'custom','name':'c','format':{'type':'grammar'}}]",
                "'input':'hi','previous_response_id':null,'conversation':null,'prompt':null",
            })
    void askingAModelOfOpenAisIsARead(String more) {
        assertThat(OPENAI.action(RESPONSES, response(more))).satisfies(action -> {
            assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ));
            assertThat(action.resources()).isEqualTo(Set.of(new Resource("openai", "account", "self")));
        });
        assertThat(OPENAI.action(OF_A_SUBSCRIPTION, response(more)))
                .isEqualTo(OPENAI.action(RESPONSES, response(more)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'input':'hi','tools':[{'type':'web_search','external_web_access':true}]",
                "'input':'hi','tools':[{'type':'web_search_preview'}]",
                "'input':'hi','tools':[{'type':'file_search','vector_store_ids':['v']}]",
                "'input':'hi','tools':[{'type':'code_interpreter','container':{'type':'auto'}}]",
                "'input':'hi','tools':[{'type':'mcp','server_label':'x','server_url':'https://evil.example'}]",
                "'input':'hi','tools':[{'type':'computer_use_preview','environment':'browser'}]",
                "'input':'hi','tools':[{'type':'shell','environment':{'type':'container_auto'}}]",
                "'input':'hi','tools':[{'type':'image_generation'}]",
                "'input':'hi','tools':[{'type':'of_tomorrow'}]",
                "'input':'hi','tools':[{'type':'namespace','tools':[{'type':'web_search'}]}]",
                "'input':[{'type':'additional_tools','tools':[{'type':'web_search'}]}]",
                "'input':[{'type':'additional_tools','tools':[{'type':'namespace','tools':[{'type':'mcp'}]}]}]",
                "'input':[{'type':'message','tools':[{'type':'web_search'}]}]",
                "'input':'hi','previous_response_id':'resp_1'",
                "'input':'hi','conversation':'conv_1'",
                "'input':'hi','prompt':{'id':'pmpt_1'}",
                "'input':'hi','background':true",
                "'input':[{'type':'item_reference','id':'1'}]",
                "'input':[{'id':'msg_1'}]",
                "'input':[{'type':'reasoning','id':'rs_1'}]",
                "'input':[{'type':'reasoning','id':'rs_1','summary':[]}]",
                "'input':[{'type':'compaction','id':'cmp_1'}]",
                "'input':[{'type':'message','role':'assistant','id':'msg_1'}]",
                "'input':[{'role':'user','content':[{'type':'input_file','file_data':'https://evil.example/x.pdf'}]}]",
                "'input':'hi','tools':[{'server_url':'https://evil.example'}]",
                "'input':{'id':'msg_1'}",
                "'input':[{'role':'user','content':'hi'},{'type':null,'id':'msg_1','role':null}]",
                "'input':[{'role':'user','id':'msg_1'}]",
                "'input':[{'type':'of_tomorrow'}]",
                "'input':[{'role':'user','content':[{'type':'of_tomorrow'}]}]",
                "'input':[{'role':'user','content':[{'type':'input_image','image_url':'https://evil.example/?s'}]}]",
                "'input':[{'role':'user','content':[{'type':'input_image','file_id':'f'}]}]",
                "'input':[{'role':'user','content':[{'type':'input_file','file_url':'https://evil.example/?s'}]}]",
                "'input':[{'role':'user','content':[{'type':'input_file','file_id':'f'}]}]",
                "'input':[{'type':'function_call_output','output':[{'type':'input_image','image_url':'http://x'}]}]",
                "'input':[{'type':'function_call_output','output':[{'type':'input_file','file_url':'http://x'}]}]",
                "'input':[{'type':'function_call_output','output':[{'type':'input_file','file_id':'f'}]}]",
                "'input':[{'type':'function_call_output','output':[{'type':'of_tomorrow'}]}]",
                "'input':[{'type':'reasoning','summary':[{'type':'of_tomorrow'}]}]",
            })
    void serverSideToolsOfOpenAiExecute(String more) {
        assertThat(OPENAI.impacts(RESPONSES, response(more))).contains(Impact.EXECUTE);
        assertThat(OPENAI.action(OF_A_SUBSCRIPTION, response(more)))
                .isEqualTo(OPENAI.action(RESPONSES, response(more)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /v1/files",
                "POST /v1/responses/compact",
                "GET /v1/responses/resp_1",
                "POST /v1/chat/completions",
                "POST /v1/batches",
                "POST /v1/fine_tuning/jobs",
                "POST /v1/containers",
                "GET /v1/organization/admin_api_keys",
                "POST /backend-api/codex/responses/compact",
                "POST /backend-api/conversation",
                "GET /backend-api/me",
            })
    void otherOperationsOfOpenAiAreRefused(String request) {
        OPENAI.refused(RestFixture.call(request, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'tools':['mcp']", "'input':'hi','previousResponseId':'r'"})
    void oddShapesForOpenAiAreNotUnderstood(String more) {
        OPENAI.refused(RestFixture.call(RESPONSES, response(more)));
        OPENAI.refused(RestFixture.call(OF_A_SUBSCRIPTION, response(more)));
    }
}
