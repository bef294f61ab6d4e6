-- Asks assetit-tokend for the header, and reports one that AssetIT refused.

local daemon = "unix@/run/assetit-tokend/api.sock"
local profile = "http://localhost/v1/profiles/default"

core.register_action("assetit_authorize", { "http-req" }, function(txn)
  local answer = core.httpclient():get{ url = profile .. "/authorization", dst = daemon, timeout = 30000 }
  if answer.status == 204 and answer.headers["authorization"] then
    txn:set_var("txn.authorization", answer.headers["authorization"][0])
  end
end)

core.register_action("assetit_rejected", { "http-res" }, function(txn)
  local refused = txn:get_var("txn.authorization")
  if refused then
    core.httpclient():post{ url = profile .. "/rejected", dst = daemon, body = refused, timeout = 30000 }
  end
end)
