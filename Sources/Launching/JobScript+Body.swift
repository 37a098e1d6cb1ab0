extension JobScript {
    /// What every job does, in bash; all that differs from run to run is in the variables that are set before it.
    static let body = beginning + avoiding + training + ending

    private static let beginning = #"""
        # ---- What every job does -------------------------------------------------------------------------

        restart=${SLURM_RESTART_COUNT:-0}
        mkdir -p "$folder/jobs" "$folder/runs"
        note=$folder/jobs/$SLURM_JOB_ID.$restart
        # tell WORD...: a line of this job's note, which serre jobs reads, and of its log.
        tell() {
            printf '%(%s)T %s\n' -1 "$*" >>"$note"
            printf '%(%F %T)T launch: %s\n' -1 "$*"
        }
        tell "begin $SLURM_JOB_NODELIST ${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID} ${SLURM_ARRAY_TASK_ID:--}"

        # Nothing left to do, or nothing wanted: this job and those after it leave at once.
        if [ -e "$folder/kill-switch" ]; then
            tell "leave the kill-switch file is there"
            exit 0
        fi
        if "$serre" jobs "$folder" --finished; then
            tell "leave the run is finished"
            exit 0
        fi

        # The run saves and stops before this moment. Older Slurms do not say when a job ends.
        if [ -z "${SLURM_JOB_END_TIME:-}" ]; then
            end=$(date -d "$(squeue -h -j "$SLURM_JOB_ID" -o %e)" +%s 2>/dev/null) && export SLURM_JOB_END_TIME=$end
        fi


        """#

    private static let avoiding = #"""
        # ---- Nodes to avoid ------------------------------------------------------------------------------

        avoided() {
            {
                [ -z "$excluded" ] || scontrol show hostnames "$excluded"
                cut -d' ' -f1 "$folder/excluded-nodes" 2>/dev/null
            } | sort -u
        }
        # avoid NODE REASON...: no job of this run gets the node again until its line is taken out of the file.
        avoid() {
            avoided | grep -qxF "$1" ||
                printf '%s %(%F %T)T job %s: %s\n' "$1" -1 "$SLURM_JOB_ID" "${*:2}" >>"$folder/excluded-nodes"
            tell "avoid $1 ${*:2}"
        }
        # Tells Slurm about the list, for the jobs of this run that have not begun.
        keep_away() {
            local list job comment
            list=$(avoided | paste -sd,)
            [ -n "$list" ] || return 0
            SLURM_BITSTR_LEN=0 squeue -h -u "$(id -un)" -t PENDING -o '%i %k' | while read -r job comment; do
                [ "$comment" = "$folder" ] || continue
                # 12_[3-8%1] is squeue's word for elements that wait, 12_[3-8] scontrol's.
                scontrol update JobId="$(sed 's/%[0-9]*//' <<<"$job")" ExcNodeList="$list" >/dev/null ||
                    tell "note Slurm does not keep $list from job $job"
            done
        }
        # The nodes of this job that are not to be avoided, one a line.
        trusted() { scontrol show hostnames "$SLURM_JOB_NODELIST" | grep -vxF -f <(avoided); }
        # down NODES: those of a list that Slurm itself has given up.
        down() { sinfo -h -N -n "$1" -o '%N %T' | awk '$2 ~ /[*]$|^(down|drain|fail|not_resp)/ {print $1}' | sort -u; }
        # silent NODES: those of a list, separated by commas, on which nothing can be started.
        silent() {
            local node
            for node in ${1//,/ }; do
                [ "$(timeout 60 srun --nodes=1 --ntasks=1 --nodelist="$node" --overlap --mpi=none echo here 2>/dev/null)" = here ] ||
                    echo "$node" &
            done
            wait
        }

        # A job that was cut off without a word has lost a node: which one, Slurm knows by the time of the next.
        for before in "$folder"/jobs/*; do
            [ "$before" = "$note" ] || grep -qE '^[0-9]+ (end|leave|again|cut) ' "$before" && continue
            printf '%(%s)T cut off\n' -1 >>"$before"
            for node in $(down "$(awk '$2 == "begin" {print $3; exit}' "$before")"); do
                avoid "$node" "it was down after job ${before##*/} had been cut off"
            done
            keep_away
        done


        """#

    private static let training = #"""
        # ---- Training ------------------------------------------------------------------------------------

        # What srun starts for each rank. Rank 0 says that it really began: srun may end with 0 and have run nothing.
        # The training answers signals itself; this shell, which Slurm signals too, only waits for it.
        rank() {
            trap : USR1 TERM
            [ "$SLURM_PROCID" -ne 0 ] || printf '%(%s)T started %s on %s\n' -1 "$attempt" "$SLURMD_NODENAME" >>"$note"
            local status=0
            "$@" || status=$?
            [ $status -eq 0 ] ||
                printf '%(%s)T failed %s rank %s on %s status %s\n' -1 "$attempt" "$SLURM_PROCID" "$SLURMD_NODENAME" $status >>"$note"
            return $status
        }
        export -f rank
        export note attempt

        # Whether the run has made a step in this attempt.
        has_stepped() { [ -n "$(find "$folder/runs" -name metrics.jsonl -newermt "@$began" 2>/dev/null)" ]; }
        # Asks the run to stop after a step, saved; not before it has made one, when it listens.
        ask_to_stop() {
            while kill -0 "$step" 2>/dev/null; do
                if has_stepped; then
                    kill -USR1 "$step"
                    return
                fi
                sleep 1
            done
        }
        watch_kill_switch() {
            while sleep 5 && kill -0 "$step" 2>/dev/null; do
                if [ -e "$folder/kill-switch" ]; then
                    tell "note the kill-switch file appeared: the run saves and leaves after its step"
                    return
                fi
            done
        }
        # Slurm warns before the time limit; the run has mostly left by itself by then.
        trap 'tell "note Slurm warns of the time limit: the run is asked to stop"; ask_to_stop &' USR1
        # scancel and requeue: Slurm tells the ranks itself.
        trap 'ended=yes; tell "note Slurm ends the job"' TERM

        # train NODES: one attempt on these nodes; its status is in $status.
        train() {
            local what=("${start[@]}")
            # A run that has saved anything goes on; else it starts.
            compgen -G "$folder/runs/*/checkpoints/step-*/index.json" >/dev/null && what=(--resume)
            attempt=$((attempt + 1))
            began=$(date +%s.%N)
            srun --nodes="$nodes" --nodelist="$1" --ntasks="$((nodes * tasks_per_node))" --ntasks-per-node="$tasks_per_node" \
                --cpus-per-task="$cpus_per_task" --distribution=block:block --mpi="$mpi" \
                --export=ALL --kill-on-bad-exit=1 --wait=60 bash -c 'rank "$@"' rank \
                "$serre" train "${what[@]}" "${options[@]}" --output "$folder/runs" \
                --kill-switch "$folder/kill-switch" &
            step=$!
            watch_kill_switch &
            watcher=$!
            # A signal ends wait before its time; the last wait gives the status of a process that is gone.
            while kill -0 "$step" 2>/dev/null; do wait "$step"; done
            status=0
            wait "$step" || status=$?
            kill "$watcher" 2>/dev/null
        }


        """#

    private static let ending = #"""
        # ---- The job -------------------------------------------------------------------------------------

        # again STATUS: the same job once more, unless it has been started too often.
        again() {
            if [ "$restart" -ge "$restarts_most" ]; then
                tell "end $1 after $restart restarts"
                exit "$1"
            fi
            tell "again $1"
            scontrol requeue "$SLURM_JOB_ID" || exit "$1"
            # Slurm now asks everything here to end, and insists after a while: in between it takes changes of this job, too.
            sleep 1
            sleep 1
            [ -z "$(avoided)" ] || scontrol update JobId="$SLURM_JOB_ID" ExcNodeList="$(avoided | paste -sd,)"
            sleep 120
            exit "$1"
        }

        attempt=0
        step=
        if ! srun --mpi=list 2>&1 | tr -s ' \t,' '\n' | grep -qE "^$mpi(_v[0-9]+)?$"; then
            tell "end 2 this Slurm cannot start MPI programs by $mpi: $(srun --mpi=list 2>&1 | tr -s '\t\n ' ' ')"
            exit 2
        fi
        while true; do
            chosen=$(trusted | head -n "$nodes" | paste -sd,)
            if [ "$(trusted | wc -l)" -lt "$nodes" ]; then
                tell "note too few trusted nodes: $chosen"
                again 1
            fi
            train "$chosen"
            failed=$(grep -m1 " failed $attempt " "$note")
            if ! grep -q " started $attempt " "$note"; then
                tell "note srun ended with status $status and rank 0 never began"
                [ $status -ne 0 ] || status=1
            elif [ $status -eq 0 ] && [ -z "$failed" ]; then
                if "$serre" jobs "$folder" --finished; then tell "end 0 finished"; else tell "end 0 saved"; fi
                exit 0
            elif [ -n "$failed" ]; then
                # srun's own status is that of a rank which it has killed; the first to fail knows better.
                status=${failed##* }
                if has_stepped; then when="in training"; else when="at the start"; fi
                tell "note the first to fail $when: ${failed#*failed $attempt }"
            fi
            # Bad input stays bad.
            if [ $status -eq 2 ]; then
                tell "end 2 bad input"
                exit 2
            fi
            if [ -e "$folder/kill-switch" ]; then
                tell "end $status"
                exit $status
            fi
            # Nodes that no longer answer; and one where a signal ended a rank before the others, other than at somebody's
            # wish, twice in the midst of training or at each of three starts: once may be bad luck.
            # Of a job that Slurm ends, nothing can be started anywhere: then Slurm's own word counts.
            silent=$(silent "$chosen")
            [ -z "${ended:-}" ] || silent=$(down "$chosen")
            for node in $silent; do avoid "$node" "nothing can be started on it"; done
            if [ $status -gt 128 ] && [[ -n $failed && $status != @(129|130|138|143) ]]; then
                node=$(sed -E 's/.* on ([^ ]+) status .*/\1/' <<<"$failed")
                if [ "$(cat "$folder"/jobs/* | grep -c " first to fail in training: .* on $node status ")" -ge 2 ] ||
                    [ "$(grep -c " first to fail at the start: .* on $node status " "$note")" -ge 3 ]; then
                    avoid "$node" "again and again a rank on it was the first to end by a signal"
                fi
            fi
            keep_away
            # What Slurm ends for another reason than a lost node (scancel, pre-emption, the limit), it starts again itself
            # if it means to.
            if [ -n "${ended:-}" ] && [ -z "$silent" ]; then
                tell "end $status ended by Slurm"
                exit $status
            fi
            [ "$(trusted | wc -l)" -ge "$nodes" ] || again $status
            # Spare nodes take the place of lost ones at once. A run that came to no step has lost nothing by trying again.
            if [ "$chosen" != "$(trusted | head -n "$nodes" | paste -sd,)" ]; then continue; fi
            if ! has_stepped && [ "$attempt" -lt 3 ]; then
                tell "note the run came to no step: once more"
                continue
            fi
            again $status
        done

        """#
}
