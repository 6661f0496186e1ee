{{/* The parts that every pod has, be it a service's, a job's or the migration's. */}}

{{- define "praan.podSecurity" -}}
automountServiceAccountToken: false
# its variables begin with PRAAN_ too, and the binary refuses those it does not know
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "praan.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* One variable from the secret: dict "root" $ "secret" <name> "env" <variable> "key" <key> "optional" <bool>. */}}
{{- define "praan.secretEnv" -}}
- name: {{ .env }}
  valueFrom:
    secretKeyRef: {name: {{ .secret }}, key: {{ .key }}{{ if .optional }}, optional: true{{ end }}}
{{- end }}

{{/* The variables of what a pod uses, and no others: dict "root" $ "secret" <name> "uses" <list>. */}}
{{- define "praan.uses" -}}
{{- $at := dict "root" .root "secret" .secret -}}
{{- if .root.Values.tls.servers }}
- {name: PRAAN_REQUIRE_TLS, value: "on"}
{{- end }}
{{- range .uses }}
{{- if eq . "database" }}
{{ include "praan.secretEnv" (merge (dict "env" "PRAAN_DATABASE_URL" "key" "database-url") $at) }}
{{ include "praan.secretEnv" (merge (dict "env" "PRAAN_DATABASE_DIRECT_URL" "key" "database-direct-url" "optional" true) $at) }}
{{- else if eq . "queue" }}
{{ include "praan.secretEnv" (merge (dict "env" "PRAAN_AMQP_URL" "key" "amqp-url") $at) }}
{{- else if eq . "cache" }}
{{ include "praan.secretEnv" (merge (dict "env" "PRAAN_REDIS_URL" "key" "redis-url") $at) }}
{{- else if eq . "objects" }}
- {name: PRAAN_S3_ENDPOINT, value: {{ required "s3.endpoint is required, such as https://s3.ap-south-1.amazonaws.com" $at.root.Values.s3.endpoint | quote }}}
- {name: PRAAN_S3_BUCKET, value: {{ required "s3.bucket is required" $at.root.Values.s3.bucket | quote }}}
- {name: PRAAN_S3_REGION, value: {{ $at.root.Values.s3.region | quote }}}
{{- with $at.root.Values.s3.publicEndpoint }}
- {name: PRAAN_S3_PUBLIC_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{ include "praan.secretEnv" (merge (dict "env" "AWS_ACCESS_KEY_ID" "key" "s3-access-key-id") $at) }}
{{ include "praan.secretEnv" (merge (dict "env" "AWS_SECRET_ACCESS_KEY" "key" "s3-secret-access-key") $at) }}
{{- end }}
{{- end }}
{{- end }}

{{/* How a pod's container is kept, with the folder it may write to. */}}
{{- define "praan.dataMount" -}}
- {name: data, mountPath: /var/lib/praan}
{{- end }}

{{- define "praan.dataVolume" -}}
- name: data
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
